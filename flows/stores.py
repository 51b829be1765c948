"""Files on any store that fsspec knows: a file is seen whole or not at all, and faults are named.

An object store shows a file when all of it has come, so there it is written under its own name:
moving would be to copy it and to delete the copy. Elsewhere a file is written under another name
and moved into place. Buckets are never made: a misspelt one is a mistake.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import fsspec

#: fsspec's names of object stores, whose files begin with the name of a bucket.
OBJECT_STORES = frozenset(("s3", "s3a", "gs", "gcs", "abfs", "az"))
#: An empty file that shows that one may write; only by writing does an object store say so.
PROBE = ".channelwatch"


class StoreProblem(Exception):  # noqa: N818
    """A store cannot be used; the message says which, why and what to do.

    ``may_pass``: it may be gone at the next try.
    """

    exit_code = 3
    may_pass = False


class UnknownStore(StoreProblem):
    """A URL names no kind of store that there is."""

    exit_code = 2


def found(url: str) -> list[str]:
    """The URLs of all files of a folder, or of the file itself, in order.

    Raises:
        StoreProblem: the store cannot be used, or the bucket is not there.
        OSError: so says the system of a folder.
    """
    with _told(url):
        filesystem, root = _at(url)
        under = [root] if filesystem.isfile(root) else sorted(filesystem.find(root))
        if not under and _is_objects(filesystem) and not filesystem.exists(root.split("/")[0]):
            raise FileNotFoundError(url)
        return [str(filesystem.unstrip_protocol(path)) for path in under]


def ready(url: str) -> None:
    """Make a folder ready to be written to, or say why it is not; raises as :func:`found`."""
    with _told(url):
        filesystem, folder = _at(url)
        if _is_objects(filesystem):
            filesystem.pipe_file(f"{folder.rstrip('/')}/{PROBE}", b"")
        else:
            filesystem.makedirs(folder, exist_ok=True)


def address(url: str, name: str) -> str:
    """The URL of a file in a folder; raises as :func:`found`."""
    with _told(url):
        filesystem, folder = _at(url)
        return str(filesystem.unstrip_protocol(f"{folder.rstrip('/')}/{name}"))


def exists(url: str) -> bool:
    """Whether a file is there now; raises as :func:`found`."""
    with _told(url):
        filesystem, path = _at(url)
        return bool(filesystem.exists(path))


def read(url: str) -> bytes:
    """All bytes of a file; raises as :func:`found`."""
    with _told(url):
        filesystem, path = _at(url)
        return bytes(filesystem.cat_file(path))


def write(url: str, data: bytes) -> None:
    """Write a file, whole or not at all; raises as :func:`found`."""
    with _told(url):
        filesystem, path = _at(url)
        if _is_objects(filesystem):
            filesystem.pipe_file(path, data)
            return
        folder, name = path.rsplit("/", 1)
        filesystem.makedirs(folder, exist_ok=True)
        temporary = f"{folder}/.{name}.{secrets.token_hex(8)}.tmp"
        try:
            with filesystem.open(temporary, "wb") as file:
                file.write(data)
            filesystem.mv(temporary, path)
        except BaseException:
            if filesystem.exists(temporary):
                filesystem.rm(temporary)
            raise


def without_secrets(place: str) -> str:
    """A folder or URL as it may be written down: without a user, a password or a signature.

    >>> without_secrets("s3://key:secret@store/parts?signature=1"), without_secrets("parts")
    ('s3://store/parts', 'parts')
    """
    if "://" not in place:
        return place
    url = urlsplit(place)
    return f"{url.scheme}://{url.netloc.rpartition('@')[2]}{url.path}"


def _at(url: str) -> tuple[Any, str]:
    """The file system of a URL and the path there, with nothing remembered of former looks."""
    filesystem, path = fsspec.core.url_to_fs(url)
    filesystem.invalidate_cache()
    return filesystem, path


def _is_objects(filesystem: Any) -> bool:
    named = filesystem.protocol
    return not OBJECT_STORES.isdisjoint((named,) if isinstance(named, str) else named)


@contextmanager
def _told(url: str) -> Iterator[None]:
    """Say of which store an error is, and what to do; the system's own say so themselves."""
    try:
        yield
    except StoreProblem:
        raise
    except Exception as problem:  # the packages of stores raise whatever they like
        if "://" not in url or url.startswith(("file://", "local://")):
            raise
        raise _explained(without_secrets(url), problem) from problem


def _explained(url: str, problem: Exception) -> StoreProblem:
    said = " ".join(str(problem).split()) or type(problem).__name__
    if isinstance(problem, ImportError):
        return StoreProblem(f"{url}: a package is missing: {said} (pip install, on every worker)")
    if isinstance(problem, ValueError) and "rotocol" in said:
        return UnknownStore(f"{url}: {said}; write a folder, or a URL such as s3://bucket/folder")
    if isinstance(problem, FileNotFoundError):
        return StoreProblem(
            f"{url}: no such file or bucket ({said}); mend the name, or make the bucket"
        )
    if isinstance(problem, PermissionError) or "redentials" in type(problem).__name__:
        return StoreProblem(
            f"{url}: access is refused ({said}); the credentials that the store's package reads "
            "(for s3: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE) are missing, "
            "wrong or may not do this"
        )
    fault = StoreProblem(
        f"{url}: {said} ({type(problem).__name__}); see that the store is within reach (for s3: "
        "AWS_ENDPOINT_URL), then say the same command again: it goes on from what is there"
    )
    fault.may_pass = True
    return fault
