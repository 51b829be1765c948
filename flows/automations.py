"""Put the automations of ``ops/automations.yaml`` on a Prefect server.

Importing this module imports Prefect.
"""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml

from flows.prefect_defaults import set_defaults

set_defaults()

from prefect import get_client  # noqa: E402 (defaults first)
from prefect.client.orchestration import SyncPrefectClient  # noqa: E402
from prefect.events.schemas.automations import AutomationCore  # noqa: E402
from prefect.exceptions import ObjectNotFound  # noqa: E402
from prefect.settings import PREFECT_API_URL, temporary_settings  # noqa: E402
from pydantic import ValidationError  # noqa: E402

from flows.local_server import PrefectUnavailableError, healthy  # noqa: E402

#: The table that comes with channelwatch, and what in it stands for the block.
BUILT_IN = Path(__file__).parents[1] / "ops" / "automations.yaml"
BLOCK = "$block"


class AutomationsError(ValueError):
    """A table of automations, or a block, that cannot be used; the message says why."""

    exit_code = 2


def read_automations(path: Path | None, block: UUID) -> list[AutomationCore]:
    """The automations of a table, ``$block`` being the block that tells somebody.

    Raises:
        AutomationsError: the file is no such table.
    """
    path = path or BUILT_IN
    try:
        table = yaml.safe_load(path.read_text("utf-8"))
        rows = table["automations"]
        if not isinstance(rows, list) or not rows:
            raise TypeError
    except OSError as error:
        raise AutomationsError(f"{path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise AutomationsError(f"{path} is no YAML: {error}") from error
    except (TypeError, KeyError):
        raise AutomationsError(f"{path} has no list `automations`") from None
    return [_automation(path, number, _filled(row, block)) for number, row in enumerate(rows, 1)]


def put_automations(api: str, block: str, path: Path | None = None) -> list[tuple[str, bool]]:
    """Create the automations on a server, or replace those that are there under the same names.

    Args:
        api: the address of the server's API.
        block: ``TYPE/NAME`` of a block that sends notifications, as ``slack-webhook/team``.
        path: the table; None is the one that comes with channelwatch.

    Returns:
        The name of each, and whether it is new.

    Raises:
        AutomationsError: the table or the block cannot be used.
        PrefectUnavailableError: no server answers at ``api``.
    """
    if not healthy(api, timeout=10):
        raise PrefectUnavailableError(f"no Prefect server answers at {api}")
    with temporary_settings({PREFECT_API_URL: api}), get_client(sync_client=True) as client:
        rows = read_automations(path, _block(client, block))
        return [(row.name, _put(client, row)) for row in rows]


def _put(client: SyncPrefectClient, row: AutomationCore) -> bool:
    there = client.read_automations_by_name(row.name)
    if there:
        client.update_automation(there[0].id, row)
    else:
        client.create_automation(row)
    return not there


def _block(client: SyncPrefectClient, block: str) -> UUID:
    kind, _, name = block.partition("/")
    try:
        found: UUID = client.read_block_document_by_name(name, kind).id
    except ObjectNotFound:
        known = sorted(
            f"{one.block_type.slug}/{one.name}"
            for one in client.read_block_documents(include_secrets=False)
            if one.block_type is not None and one.name
        )
        near = difflib.get_close_matches(block, known, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known) or 'none'}."
        raise AutomationsError(
            f"Prefect has no block {block}; {hint} Make one on its pages under Blocks"
        ) from None
    return found


def _filled(value: Any, block: UUID) -> Any:
    if isinstance(value, dict):
        return {key: _filled(inner, block) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, block) for inner in value]
    return str(block) if value == BLOCK else value


def _automation(path: Path, number: int, row: Any) -> AutomationCore:
    try:
        return AutomationCore.model_validate(row)
    except ValidationError as error:
        [first, *_] = error.errors()
        where = ".".join(str(part) for part in first["loc"])
        raise AutomationsError(f"{path}, automation {number}, {where}: {first['msg']}") from None
