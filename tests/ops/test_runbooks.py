"""Runbooks: every alarm has its page, every page is whole, and what it tells to type exists."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from ops import runbooks
from ops.cli import app
from ops.runbooks import Page

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "ops" / "runbooks"
PAGES = sorted(path.stem for path in FOLDER.glob("*.md") if path.stem != "README")
PARTS = ["## See it", "## Do", "## Over when"]
#: What alerts can be of; each has its query.
ALERTS = [
    "burst",
    "first_solicitation",
    "indicator_again",
    "channel_moved",
    "rival_claims",
    "queue_old",
    "run_failed",
    "run_empty",
    "drift",
]
#: Commands of other parts, which come with them.
COMING = {"alerts", "serve", "backup", "restore", "retain"}


def test_every_name_has_its_page_and_every_page_its_name() -> None:
    assert sorted(page.value for page in Page) == PAGES


def test_every_kind_of_alert_has_a_page() -> None:
    queries = ROOT / "warehouse" / "queries" / "alerts"
    kinds = {*ALERTS, *(path.stem for path in queries.glob("*.sql"))}
    assert not kinds - set(PAGES)


def test_every_finding_of_the_doctor_names_a_page() -> None:
    """A finding takes a ``Page`` (mypy holds that), and none that is not well goes without."""
    from ops.doctor.finding import Finding, Level

    with pytest.raises(ValueError, match="runbook"):
        Finding("disk", Level.warn, "little room", "make some")
    source = "".join(path.read_text("utf-8") for path in (ROOT / "ops" / "doctor").glob("*.py"))
    for name in re.findall(r"\bPage\.([A-Z_]+)", source):
        assert Page[name].value in PAGES


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_short_and_leads_on(name: str) -> None:
    text = runbooks.text(name)
    assert text.startswith("# ")
    assert [line for line in text.splitlines() if line.startswith("## ")] == PARTS
    assert len(text.splitlines()) < 60
    for target in re.findall(r"\]\(([^)]+)\)", text):
        assert (FOLDER / target).is_file(), target
    assert f"]({name}.md)" in runbooks.index()


def typed() -> list[tuple[str, str]]:
    """Every ``channelwatch`` command that a page names, and the page."""
    found = []
    for name in [*PAGES, "README"]:
        text = (FOLDER / f"{name}.md").read_text("utf-8")
        lines = re.findall(r"^    (channelwatch .*)$", text, re.MULTILINE)
        found += [(name, line) for line in lines + re.findall(r"`(channelwatch [^`]+)`", text)]
    return found


@pytest.mark.parametrize(("page", "line"), typed())
def test_what_it_tells_to_type_is_a_command_with_these_options(page: str, line: str) -> None:
    command = get_command(app)
    words = shlex.split(line)[1:]
    context = command.make_context("channelwatch", ["--help"], resilient_parsing=True)
    while words and hasattr(command, "commands") and words[0] in command.commands:
        command = command.commands[words.pop(0)]
        context = command.make_context(command.name, [], resilient_parsing=True, parent=context)
    if hasattr(command, "commands") and words and words[0] in COMING:
        pytest.skip(f"`{words[0]}` comes with its own part")
    assert not (hasattr(command, "commands") and words), f"no command {line!r} ({page})"
    known = {name for each in command.params for name in (*each.opts, *each.secondary_opts)}
    for word in words:
        if word.startswith("-"):
            assert word in known, f"{line!r}: no option {word} ({page})"


def test_an_unknown_page_names_the_nearest() -> None:
    with pytest.raises(LookupError, match="disk_full"):
        runbooks.text("disk_fool")
