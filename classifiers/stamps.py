"""Stamps that make numba's cache notice changes: ``python -m classifiers.stamps`` writes them.

Numba compiles a function anew when the file that holds it has changed, not when a file that it
calls into has, or takes a constant from. So every file with compiled functions states in
``BUILT_ON`` a hash of the files that it imports from. Those state theirs in turn, so that a change
below changes every file above it. A test holds the stamps.

>>> wrong()
[]
"""

from __future__ import annotations

import ast
import hashlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent
_STAMP = re.compile(r'^BUILT_ON = "(.*)"$', re.MULTILINE)
_COMPILES = re.compile(r"^@(?:compiled|inlined|njit)\b", re.MULTILINE)


def wrong() -> list[tuple[Path, str]]:
    """Files whose stamp is wrong, and the right one; a file comes after those that it imports."""
    sources = {path: path.read_text(encoding="utf-8") for path in sorted(ROOT.rglob("*.py"))}
    kernels = {path for path, text in sources.items() if _COMPILES.search(text)}
    found: list[tuple[Path, str]] = []
    done: set[Path] = set()

    def visit(path: Path) -> None:
        if path in done:
            return
        done.add(path)
        below = sorted({p for p in _imported(sources[path]) if p in sources and p != path})
        for other in below:
            visit(other)
        if not below or path not in kernels:
            return
        stated = _STAMP.search(sources[path])
        right = hashlib.sha256(b"".join(sources[p].encode() for p in below)).hexdigest()[:12]
        if not stated or stated[1] != right:
            found.append((path, right))
            # What is built on this file is stamped as if the mistake were mended.
            sources[path] = _STAMP.sub(f'BUILT_ON = "{right}"', sources[path])

    for path in sources:
        visit(path)
    return found


def _imported(source: str) -> Iterator[Path]:
    """The modules of this package that a source imports from."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == ROOT.name:
            parts = (node.module or "").split(".")[1:]
            base = ROOT.joinpath(*parts)
            yield base.with_suffix(".py")
            yield from (base / f"{alias.name}.py" for alias in node.names)


def main() -> int:
    """Write the right stamps; 1 where a file has no line for one."""
    missing = 0
    for path, right in wrong():
        text = path.read_text(encoding="utf-8")
        if _STAMP.search(text):
            path.write_text(_STAMP.sub(f'BUILT_ON = "{right}"', text), encoding="utf-8")
        else:
            missing = 1
            sys.stderr.write(f'{path}: add a line BUILT_ON = "{right}"\n')
    return missing


if __name__ == "__main__":
    sys.exit(main())
