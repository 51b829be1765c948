"""What a run tells while it goes on; the command line draws it, Prefect keeps it."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told by the pipeline, always from the thread that runs it."""

    def begin(self, files: int, size: int) -> None:
        """Reading begins: how many files, how many bytes on disk."""

    def file(self, path: str, size: int) -> None:
        """A file of ``size`` bytes on disk is begun."""

    def batch(self, messages: int) -> None:
        """A batch of so many messages was handed over."""

    def file_done(self, size: int) -> None:
        """A file of ``size`` bytes on disk is done with."""

    def say(self, message: str) -> None:
        """Something that a person should know while waiting."""


class Silent:
    """Progress that nobody watches."""

    def begin(self, files: int, size: int) -> None: ...
    def file(self, path: str, size: int) -> None: ...
    def batch(self, messages: int) -> None: ...
    def file_done(self, size: int) -> None: ...
    def say(self, message: str) -> None: ...
