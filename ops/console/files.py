"""The files that a browser is given: read once, named by their content, kept for a year."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from mimetypes import guess_type

from fastapi import HTTPException, Request
from starlette.responses import Response
from starlette.routing import Route

#: Browsers keep for a year what its address names by content; another content, another address.
FOREVER = "public, max-age=31536000, immutable"
AGAIN = "public, no-cache"


@dataclass(frozen=True)
class File:
    """A file's bytes, media type, and the start of its SHA-256 in hex."""

    content: bytes
    media_type: str
    digest: str


class StaticFiles:
    """All files of a folder, in memory: a path that is none of theirs leads nowhere else."""

    def __init__(self, folder: Traversable | None = None) -> None:
        self._files: dict[str, File] = {}
        self._read(folder or files("ops.console") / "static", "")

    def _read(self, folder: Traversable, prefix: str) -> None:
        if not folder.is_dir():
            return
        for item in folder.iterdir():
            name = prefix + item.name
            if item.is_dir():
                self._read(item, f"{name}/")
                continue
            content = item.read_bytes()
            media_type = guess_type(name)[0] or "text/plain"
            if media_type.startswith("text/"):
                media_type += "; charset=utf-8"
            digest = hashlib.sha256(content).hexdigest()[:16]
            self._files[name] = File(content, media_type, digest)

    def url(self, name: str) -> str:
        """The address of a file, with its content's hash.

        Raises:
            LookupError: there is no such file.
        """
        if name not in self._files:
            raise LookupError(f"no file {name!r} in ops/console/static")
        return f"/static/{name}?v={self._files[name].digest}"

    def route(self) -> Route:
        """The route that answers with the files."""
        return Route("/static/{name:path}", self._answer, methods=["GET"], name="static")

    async def _answer(self, request: Request) -> Response:
        file = self._files.get(request.path_params["name"])
        if file is None:
            raise HTTPException(404)
        tag = f'"{file.digest}"'
        current = request.query_params.get("v") == file.digest
        headers = {"Cache-Control": FOREVER if current else AGAIN, "ETag": tag}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(file.content, media_type=file.media_type, headers=headers)
