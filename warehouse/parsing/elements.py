"""Split one JSON document of any size into its elements, in bounded memory, past any damage.

A *plan* says which arrays and objects to open and what to take from them; everything else is
passed over unread. The splitter yields the raw bytes of each element, so that one element that
cannot be decoded costs that element and no other. Where the structure itself is broken (a brace
too few, a truncated file) it looks for the next place that has the shape of an element's
beginning and goes on from there; what lies between is handed over as :class:`Broken`.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Literal

import msgspec
import numpy as np

from warehouse.parsing.bytestream import StreamDamagedError
from warehouse.parsing.plan import (
    RAW_LIMIT,
    Broken,
    Closed,
    Each,
    Elements,
    Event,
    Fields,
    Opened,
    Path,
    Plan,
    Take,
    Value,
)

Ints = np.ndarray[tuple[int], np.dtype[np.int64]]

# Re-reading a broken element in search of the next must not make the whole quadratic.
_RESCAN_FLOOR = 64 * 1024 * 1024

# No element's beginning is longer than this; searching over a seam keeps as much.
_OVERLAP = 1024

_SPANS = 4096


Outcome = Literal["done", "lost", "end"]
Walk = Generator[Event, None, Outcome]


@dataclass(slots=True)
class Splitter:
    """Walk a stream of pieces by a plan; see the module's docstring.

    >>> plan = Fields({"messages": Each("m", Take(), re.compile(rb'{"id"'))})
    >>> events = Splitter(iter([b'{"a":[1],"messages":[{"id":1},', b'{"id":2}]}'])).walk(plan)
    >>> [e.data[s:t] for e in events if isinstance(e, Elements)
    ...  for s, t in zip(e.starts, e.ends)]
    [b'{"id":1}', b'{"id":2}']
    """

    pieces: Iterator[bytes]
    max_element: int = 4 * 1024 * 1024
    damage: str | None = None  # why the stream ended early, where it did
    complete: bool = False  # after the walk: every document was read to its own end
    _buf: bytes = b""
    _base: int = 0  # the stream's offset of _buf[0]
    _pos: int = 0
    _at_end: bool = False
    _state: Ints = field(default_factory=lambda: np.zeros(4, np.int64))
    _stack: np.ndarray[tuple[int], np.dtype[np.uint8]] = field(
        default_factory=lambda: np.zeros(256, np.uint8)
    )
    _signatures: dict[str, re.Pattern[bytes]] = field(default_factory=dict)
    _learned: set[str] = field(default_factory=set)
    _counts: dict[Path, int] = field(default_factory=dict)
    _target: str | None = None  # the kind of element that was found after damage
    _told_cut: bool = False
    _rescanned: int = 0

    def walk(self, plan: Plan) -> Iterator[Event]:
        """Yield what the plan asks for, in the order of the document (or documents in a row)."""
        self._collect(plan)
        outcome: Outcome = "done"
        self.complete = True
        documents = 0
        while (first := self._peek()) is not None:
            if first != (_opener(plan) or first) or (documents and self._begins_element()):
                reason = "data after the end of the document" if documents else _expected(plan)
                outcome = yield from self._lose((), self._pos, reason)
                if outcome == "lost":
                    outcome = yield from self._reenter((), plan)
            else:
                documents += 1
                self._counts.clear()
                outcome = yield from self._value((), plan)
            if outcome == "lost":  # nowhere to go on
                outcome = "end"
            if outcome == "end":
                break
        self.complete = outcome == "done" and self.damage is None and documents > 0
        if not self.complete and not self._told_cut:
            offset = self._base + len(self._buf)
            yield Broken((), self._count(()), b"", offset, 0, self._cut("the JSON document"))

    # -- the stream -------------------------------------------------------------------------

    def _more(self, keep: int) -> bool:
        """Load another piece, dropping what lies before ``keep``; False at the end."""
        piece = b""
        while not self._at_end and not piece:
            try:
                piece = next(self.pieces)
            except StopIteration:
                self._at_end = True
            except StreamDamagedError as error:
                self._at_end, self.damage = True, str(error)
        if not piece:
            return False
        self._buf = self._buf[keep:] + piece
        self._base += keep
        self._pos -= keep
        return True

    def _fill(self) -> None:
        """See to it that the beginning of an element can be looked at from here."""
        while len(self._buf) - self._pos < _OVERLAP and self._more(keep=self._pos):
            pass

    def _peek(self) -> int | None:
        """The next byte that is no white space, without passing it; None at the end."""
        while True:
            buf, pos = self._buf, self._pos
            while pos < len(buf) and buf[pos] in b" \t\r\n":
                pos += 1
            self._pos = pos
            if pos < len(buf):
                return buf[pos]
            if not self._more(keep=pos):
                return None

    def _count(self, path: Path, more: int = 1) -> int:
        """Number the next ``more`` elements at ``path``; answers the first one's index."""
        first = self._counts.get(path, 0)
        self._counts[path] = first + more
        return first

    def _cut(self, what: str) -> str:
        self._told_cut = True
        return f"the file ends inside {what}" + (f": {self.damage}" if self.damage else "")

    # -- values and fields ------------------------------------------------------------------

    def _value(self, path: Path, plan: Plan | None) -> Walk:
        """Deal with the value that comes next as planned."""
        first = self._peek()
        if first is None:
            return "end"
        if isinstance(plan, Each) and first == _opener(plan):
            self._pos += 1
            self._learn(plan)
            return (yield from self._each(path, plan))
        if isinstance(plan, Fields) and first == _opener(plan):
            self._pos += 1
            return (yield from self._fields(path, plan))
        begin = self._base + self._pos
        outcome, raw = yield from self._whole(path, keep=plan is not None)
        if raw is not None and isinstance(plan, Each | Fields) and raw != b"null":
            kept = raw[:RAW_LIMIT]
            yield Broken(path, self._count(path), kept, begin, len(raw), _expected(plan))
        elif raw is not None:
            yield Value(path, raw, begin)
        return outcome

    def _whole(
        self, path: Path, *, keep: bool
    ) -> Generator[Event, None, tuple[Outcome, bytes | None]]:
        """Pass over one value; with ``keep`` also return it, unless it is too large.

        Of what is passed over without ``keep`` nothing is ever handed out, damaged or not: it
        may be personal data.
        """
        start, begin = self._pos, self._base + self._pos
        head: bytes | None = None  # of a value that grew too large
        self._state[:] = 0
        while True:
            status = self._scan()
            if head is not None:
                head += self._buf[: min(self._pos, RAW_LIMIT - len(head))]
            elif keep and self._pos - start > self.max_element:
                head, keep = self._buf[start : min(self._pos, start + RAW_LIMIT)], False
            if status != _kernel().MORE:
                break
            if not self._more(keep=start if keep else self._pos):
                if self._state.tolist()[:2] == [_kernel().LITERAL, 0]:
                    status = _kernel().DONE  # a number or a word at the very end
                    break
                raw = head or (self._buf[start : start + RAW_LIMIT] if keep else b"")
                size = self._base + self._pos - begin
                yield Broken(path, 0, raw, begin, size, self._cut("this value"))
                return "end", None
            start = 0
        if status == _kernel().BAD:
            reason = f"broken JSON at byte {self._base + self._pos}"
            return (yield from self._lose(path, self._pos, reason, private=not keep)), None
        if head is not None:
            yield Broken(path, 0, head, begin, self._base + self._pos - begin, self._too_large())
        return "done", self._buf[start : self._pos] if keep else None

    def _fields(self, path: Path, plan: Fields) -> Walk:
        """Walk the fields of an object whose brace is passed."""
        outcome: Outcome = "done"
        yield Opened(path)
        while outcome != "end":
            if outcome == "lost":
                outcome = yield from self._reenter(path, plan)
                if outcome == "lost":
                    break
                continue
            first = self._peek()
            if first is None:
                break
            if first == 44:
                self._pos += 1
            elif first == 125:
                self._pos += 1
                yield Closed(path, complete=True)
                return "done"
            else:
                outcome, key = yield from self._key(path)
                if key is not None:
                    child = plan.known.get(key, plan.others)
                    outcome = yield from self._value((*path, key), child)
        yield Closed(path, complete=False)
        return "lost" if outcome == "lost" else "end"

    def _key(self, path: Path) -> Generator[Event, None, tuple[Outcome, str | None]]:
        """Read a field's name and its colon; the name is None after damage."""
        if self._peek() == 34:
            outcome, raw = yield from self._whole(path, keep=True)
            if raw is None:
                return outcome, None
            if self._peek() == 58:
                self._pos += 1
                try:
                    return "done", msgspec.json.decode(raw, type=str)
                except (msgspec.DecodeError, UnicodeDecodeError):
                    return "done", raw[1:-1].decode("utf-8", "replace")
        where = self._base + self._pos
        reason = f"broken JSON at byte {where}: a field was expected there"
        return (yield from self._lose(path, self._pos, reason)), None

    # -- elements ---------------------------------------------------------------------------

    def _each(self, path: Path, plan: Each) -> Walk:
        """Walk the elements of a container whose bracket is passed."""
        yield Opened(path)
        if isinstance(plan.of, Take):
            outcome = yield from self._elements(path, plan)
        else:
            outcome = yield from self._objects(path, plan, plan.of)
        yield Closed(path, complete=outcome == "done")
        return outcome

    def _elements(self, path: Path, plan: Each) -> Walk:
        """Hand over the raw elements, many at a time."""
        kernel, state = _kernel(), self._state
        starts, ends = np.empty(_SPANS, np.int64), np.empty(_SPANS, np.int64)
        state[:] = 0
        while True:
            view = np.frombuffer(self._buf, np.uint8)
            words = np.frombuffer(self._buf, np.uint64, len(view) >> 3)
            found, self._pos, status = kernel.split(
                view, words, self._pos, len(view), plan.members, state, self._stack, starts, ends
            )
            if found:
                yield from self._hand_over(path, starts[:found], ends[:found])
            if status == kernel.CLOSED:
                return "done"
            if status == kernel.FULL:
                continue
            inside = bool(state[kernel.S_INSIDE])
            start = int(state[kernel.S_START]) if inside else self._pos
            outcome: Outcome
            if status == kernel.BAD:
                where = f"broken JSON at byte {self._base + self._pos}"
                reason = where if inside else f"{where}, between two messages"
                outcome = yield from self._lose(path, self._pos, reason, since=start)
            elif self._pos - start > self.max_element:
                outcome = yield from self._oversize(path, start)
            elif self._more(keep=start):
                state[kernel.S_START] = 0
                continue
            else:
                if inside:
                    raw, size = self._buf[start : start + RAW_LIMIT], self._pos - start
                    at, reason = self._base + start, self._cut("this message")
                    yield Broken(path, self._count(path), raw, at, size, reason)
                outcome = "end"
            if outcome == "end" or (outcome == "lost" and self._target != plan.name):
                return outcome
            state[:] = 0

    def _hand_over(self, path: Path, starts: Ints, ends: Ints) -> Iterator[Event]:
        """The elements found, without those that are too large."""
        begin = 0
        for large in [*np.flatnonzero(ends - starts > self.max_element).tolist(), len(starts)]:
            if large > begin:
                spans = starts[begin:large].tolist(), ends[begin:large].tolist()
                yield Elements(
                    path, self._count(path, large - begin), self._buf, *spans, self._base
                )
            if large < len(starts):
                start, size = int(starts[large]), int(ends[large] - starts[large])
                raw, at = self._buf[start : start + min(size, RAW_LIMIT)], self._base + start
                yield Broken(path, self._count(path), raw, at, size, self._too_large())
            begin = large + 1

    def _oversize(self, path: Path, start: int) -> Walk:
        """Pass over the rest of an element that is larger than allowed."""
        raw, begin = self._buf[start : min(self._pos, start + RAW_LIMIT)], self._base + start
        status = _kernel().MORE
        while status == _kernel().MORE and self._more(keep=self._pos):
            status = self._scan()
            raw += self._buf[: min(self._pos, RAW_LIMIT - len(raw))]
        size = self._base + self._pos - begin
        yield Broken(path, self._count(path), raw, begin, size, self._too_large())
        if status == _kernel().BAD:
            reason = f"broken JSON at byte {self._base + self._pos}"
            return (yield from self._lose(path, self._pos, reason))
        return "end" if status == _kernel().MORE else "done"

    def _objects(self, path: Path, plan: Each, of: Fields) -> Walk:
        """Open each element of an array, or each member of an object, as an object itself."""
        while True:
            outcome: Outcome = "done"
            first = self._peek()
            if first is None:
                return "end"
            if first == 44:
                self._pos += 1
                continue
            if first == (125 if plan.members else 93):
                self._pos += 1
                return "done"
            step: str | int | None = self._count(path)
            if plan.members:
                outcome, step = yield from self._key(path)
            elif self._begins_element(besides=plan.name):
                outcome = yield from self._stray(path)
            if outcome == "done" and step is not None:
                outcome = yield from self._value((*path, step), of)
            while outcome == "lost" and self._target != plan.name:
                # Of which chat? Kept one by one, for a person to decide.
                outcome = yield from self._stray(path)
            if outcome == "end":
                return "end"

    # -- damage -----------------------------------------------------------------------------

    def _lose(
        self, path: Path, at: int, reason: str, *, since: int | None = None, private: bool = False
    ) -> Walk:
        """Hand over damage, and stop where the next element of any kind begins.

        ``at`` is where the damage was noticed, ``since`` where the damaged element began. Leaves
        that element's kind in ``_target`` and returns "lost"; at the stream's end, "end".
        """
        start = at if since is None else since
        begin = self._base + start
        self._rescanned += at - start
        if since is None:
            self._pos = at
        elif self._rescanned > _RESCAN_FLOOR + self._base:
            # Many looks at the same bytes are what an attacker would want.
            self._pos = max(at, start + 1)
        else:
            self._pos = start + 1
        head = bytearray(self._buf[start : min(self._pos, start + RAW_LIMIT)])
        while True:
            best = self._next_element()
            settled = self._at_end or (best and best[0] < len(self._buf) - _OVERLAP)
            if best and settled:
                stop = best[0]
            elif self._at_end:
                stop = len(self._buf)
            else:
                stop = max(self._pos, len(self._buf) - _OVERLAP)
                stop = min(stop, best[0]) if best else stop
            if len(head) < RAW_LIMIT:
                head += self._buf[self._pos : min(stop, self._pos + RAW_LIMIT)]
            self._pos = stop
            if settled:
                break
            self._more(keep=stop)
        raw = b"" if private else bytes(head[:RAW_LIMIT])
        size = self._base + self._pos - begin
        yield Broken(path, self._count(path), raw, begin, size, reason)
        self._target = best[1] if best else None
        if best is None:
            self._told_cut = True
            return "end"
        return "lost"

    def _reenter(self, path: Path, plan: Plan) -> Walk:
        """Go on in the container below ``plan`` that the element found belongs to."""
        while True:
            places = list(_containers(path, plan, self._target))
            if places:
                open_ones = [place for place in places if place[0] in self._counts]
                where, each = (open_ones or places)[-1 if open_ones else 0]
                return (yield from self._each(where, each))
            if path:
                return "lost"
            if (yield from self._stray(path)) == "end":
                return "end"

    def _stray(self, path: Path) -> Walk:
        """Hand over an element that stands where nothing says what it belongs to."""
        reason = "a message outside of any chat"
        return (yield from self._lose(path, self._pos, reason, since=self._pos))

    def _next_element(self) -> tuple[int, str] | None:
        """Where the next element of any kind begins, from the position on, and its kind."""
        best: tuple[int, str] | None = None
        for name, signature in self._signatures.items():
            match = signature.search(self._buf, self._pos)
            if match and (best is None or match.start() < best[0]):
                best = match.start(), name
        return best

    def _begins_element(self, besides: str = "") -> bool:
        """Whether an element of a kind other than ``besides`` begins here."""
        self._fill()
        return any(
            name != besides and signature.match(self._buf, self._pos)
            for name, signature in self._signatures.items()
        )

    def _collect(self, plan: Plan | None) -> None:
        """Note the signatures of all kinds of element in the plan."""
        if isinstance(plan, Each):
            self._signatures[plan.name] = plan.signature
            self._collect(plan.of)
        elif isinstance(plan, Fields):
            for child in plan.known.values():
                self._collect(child)

    def _learn(self, plan: Each) -> None:
        """See how the elements of this file begin, where it is not as usual (keys in another
        order)."""
        self._fill()
        if plan.name in self._learned or isinstance(plan.of, Fields):
            return
        opening = self._buf[self._pos : self._pos + _OVERLAP]
        usual = plan.signature.pattern
        before = rb"(\s*)" if plan.members else rb"(\s*\{\s*)"
        match = re.match(before + rb'("[^"\\]{1,64}"\s*:)', opening)
        if match is None or plan.signature.match(opening.lstrip()):
            return
        self._learned.add(plan.name)
        around, key = match.groups()
        # In an indented file nothing else stands at this depth; elsewhere the first key must do.
        sign = re.escape(around) + b'"' if b"\n" in around else re.escape(around.lstrip() + key)
        self._signatures[plan.name] = re.compile(b"(?:%s)|(?:%s)" % (usual, sign))

    def _too_large(self) -> str:
        return f"larger than the {self.max_element:,} bytes that one message may have"

    def _scan(self) -> int:
        """Go on with the value that the state is in."""
        view = np.frombuffer(self._buf, np.uint8)
        words = np.frombuffer(self._buf, np.uint64, len(view) >> 3)
        self._pos, status = _kernel().scan(
            view, words, self._pos, len(view), self._state, self._stack
        )
        return int(status)


def _opener(plan: Plan) -> int | None:
    """The bracket that what is planned begins with; None for anything."""
    if isinstance(plan, Take):
        return None
    return 91 if isinstance(plan, Each) and not plan.members else 123


def _expected(plan: Plan) -> str:
    return f"{'a list' if _opener(plan) == 91 else 'an object'} was expected here"


def _containers(path: Path, plan: Plan | None, name: str | None) -> Iterator[tuple[Path, Each]]:
    """The containers of this kind of element that can be reached through objects alone."""
    if isinstance(plan, Each):
        if plan.name == name:
            yield path, plan
    elif isinstance(plan, Fields):
        for key, child in plan.known.items():
            yield from _containers((*path, key), child, name)


@cache
def _kernel() -> ModuleType:
    """The compiled part, loaded when first needed: it takes half a second."""
    return import_module("warehouse.parsing.kernel")
