"""The names of fields that the compiled path knows in one file; it learns them from the general
path."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from warehouse.parsing.tape import MOST_NAMES, Names, names_table
from warehouse.parsing.values import Record

# What a file writes in another way than it reads is never learnt.
_PLAIN = re.compile(r'[^"\\\x00-\x1f\ud800-\udfff]{1,100}')


@dataclass(slots=True)
class Known:
    """Names in the order in which they were learnt, at most ``most`` of them.

    >>> known = Known()
    >>> known.learn({"id": 1, "te\\\\xt": 2, "id": 3})
    >>> known.names
    ['id']
    """

    names: list[str] = field(default_factory=list)
    most: int = MOST_NAMES
    lessons: int = 0
    _seen: set[str] = field(default_factory=set)
    _table: Names | None = None

    def learn(self, record: Record) -> None:
        """Take in the names of an object's fields."""
        self.lessons += 1
        for name in record:
            if name not in self._seen and len(self._seen) < 10 * MOST_NAMES:
                self._seen.add(name)
                if len(self.names) < self.most and _PLAIN.fullmatch(name):
                    self.names.append(name)
                    self._table = None

    @property
    def table(self) -> Names:
        """The table for the kernels."""
        if self._table is None:
            self._table = names_table([name.encode() for name in self.names])
        return self._table
