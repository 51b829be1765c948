"""Where a sign-in leads: back to a page of ours, never to another site."""

from __future__ import annotations

import re

#: A path and query in plain ASCII. A backslash is a slash to browsers, two slashes begin a host.
LOCAL = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,2000}")


def local_path(address: str) -> str:
    """The address if it is a path of ours, else ``/``.

    >>> local_path("/queue?label=hostile"), local_path("//a.example"), local_path("https://a.example")
    ('/queue?label=hostile', '/', '/')
    """
    return address if LOCAL.fullmatch(address) else "/"
