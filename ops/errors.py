"""How errors reach a person: one message that says what, where and what to do; no traceback."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from typing import NoReturn, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

PROBLEMS, USAGE, ENVIRONMENT = 1, 2, 3


class CommandError(Exception):
    """An error of the command line itself, with the exit code it ends in."""

    def __init__(self, message: str, exit_code: int = USAGE) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def fail(message: str, exit_code: int) -> NoReturn:
    """Say what went wrong on standard error and exit."""
    print(f"channelwatch: {message}", file=sys.stderr)  # noqa: T201
    raise SystemExit(exit_code)


def explained(command: Callable[P, R]) -> Callable[P, R]:
    """Turn the errors that a user can mend into a line on standard error and an exit code.

    An error class says its own code in ``exit_code``. Anything without one is a defect of the
    program and keeps its traceback.
    """

    @functools.wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except KeyboardInterrupt:
            fail("stopped; what was finished is kept, and the same command goes on from there", 130)
        except BrokenPipeError:
            # The reader went away (`| head`): that is its right. Keep Python from complaining
            # again when it flushes at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise SystemExit(PROBLEMS) from None
        except (MemoryError, PermissionError, IsADirectoryError, FileNotFoundError) as problem:
            fail(str(problem) or type(problem).__name__, ENVIRONMENT)
        except OSError as problem:
            if problem.errno is None:
                raise
            fail(str(problem), ENVIRONMENT)
        except Exception as problem:
            code = getattr(problem, "exit_code", None)
            if not isinstance(code, int):
                raise
            fail(str(problem), code)

    return wrapper
