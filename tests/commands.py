"""The command line called in the test's own process: what it says is tested, not how it starts."""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from subprocess import CompletedProcess
from unittest.mock import patch

import pytest

from ops.cli import main


def channelwatch(*arguments: object, says: str = "") -> CompletedProcess[str]:
    """What a command answers; ``says`` is its standard input."""
    line = ["channelwatch", *map(str, arguments)]
    out, error = io.StringIO(), io.StringIO()
    with (
        patch.object(sys, "argv", line),
        patch.object(sys, "stdin", io.StringIO(says)),
        redirect_stdout(out),
        redirect_stderr(error),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    code = ended.value.code
    assert isinstance(code, int | None)
    return CompletedProcess(line, code or 0, out.getvalue(), error.getvalue())
