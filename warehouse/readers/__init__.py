"""One module per format, found by being here.

To add a format, add one module to this package and nothing else:

1. Name it after the format. It defines ``FORMAT = Format(name, sniff, parse, examples)``
   (``warehouse.parsing.format``); the name is what users see.
2. ``sniff(head)`` says how sure it is, by content. ``Head`` has the first JSON value and lines.
3. ``parse(input)`` yields ``Channel`` facts, then ``Message`` and ``Quarantined`` rows
   (``warehouse.parsing.rows``), and ``Whole(key)`` where a channel was read completely. Split
   big JSON with ``warehouse.parsing.elements``, lines with ``warehouse.parsing.lines``.
4. Take each field you use out of the message's dict (``take_*`` in ``warehouse.parsing.values``)
   and give what is left to ``leftover``: it is counted, and kept as ``extra``.
5. A format of which people have millions of messages may also read many at once, compiled:
   ``warehouse.parsing.weaving`` puts such rows among those of the general path, and
   ``desktop_rows`` and ``plain_rows`` show how. The general path stays the one that decides.
6. ``examples()`` are small files with the rows they must give; the contract test runs them.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from warehouse.parsing.format import Format


@cache
def formats() -> dict[str, Format]:
    """All formats by name.

    >>> "telegram_desktop" in formats()
    True
    """
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found = [import_module(f"{__name__}.{name}").FORMAT for name in names]
    return {each.name: each for each in found}
