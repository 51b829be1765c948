"""Part `scale`: how soon a console over a large warehouse answers, one request after the other."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import numpy as np
from rich.console import Console

from ops.benchmarks.console.browser import Browser, work_of
from ops.benchmarks.console.building import Size, built
from ops.benchmarks.console.server import Server, add_users
from ops.benchmarks.console.setting import Setting
from ops.benchmarks.console.timing import figures, table
from ops.console.policy import read_policy
from warehouse.review.deciding import Verdict, decide
from warehouse.review.finding import FOR_MODERATORS, Filter, facets, find
from warehouse.store import Store, open_store

#: Requests of each kind, and decisions that are written before the second pass.
REQUESTS, DECISIONS, BULK = 200, 50_000, 500
FRAGMENTS = ("around", "replies", "copies", "revisions", "channel", "indicators", "history", "text")
#: A session may ask 50 times a second: several take turns.
USERS = tuple(f"reader{n}" for n in range(8))

Row = dict[str, Any]


def measure(setting: Setting) -> list[Row]:
    """Rows of the pass, the kind of request and its figures; and of what building took."""
    size = Size(setting.messages, setting.flagged, setting.seed)
    made, took = built(size, setting.keep, setting.models, setting.say)
    rows: list[Row] = [{"what": "built", **took}] if took else []
    path = setting.folder / "scale.duckdb"
    shutil.copyfile(made, path)
    add_users(path, USERS, "lead")
    with open_store(path) as store:
        asked = _Asked(store, setting.seed)
    rows += _pass(path, asked, "no decisions", setting.say)
    with open_store(path) as store:
        count = _decide(store, min(DECISIONS, setting.flagged // 4))
        store.checkpoint()
    return rows + _pass(path, asked, f"{count:,} decisions", setting.say)


class _Asked:
    """The requests of each kind, with values that occur in the warehouse."""

    def __init__(self, store: Store, seed: int) -> None:
        random = np.random.default_rng(seed)
        values = {name: [value for value, _ in rows] for name, rows in facets(store).items()}
        open_items = Filter(states=FOR_MODERATORS)
        found = find(store, open_items, limit=2_000)
        self.items: list[int] = [row["item_no"] for row in found.rows]
        random.shuffle(self.items)
        self.pages = max(min(found.items // 50, 200), 1)
        words = _words(store)
        self.searches = {
            f"search, {count} {often}": [
                " ".join(random.choice(chosen, count)) for _ in range(REQUESTS)
            ]
            for often, chosen in words.items()
            for count in (1, 2, 3)
        }
        self.filters: dict[str, list[dict[str, str]]] = {
            f"filter {name}": [{name: value} for value in values[name]]
            for name in ("label", "language", "source", "target", "channel", "frame", "route")
            if values.get(name)
        }
        self.filters["filter state"] = [{"state": state} for state in (*FOR_MODERATORS, "all")]
        days = [datetime.now(UTC) - timedelta(days=int(n)) for n in random.integers(30, 700, 60)]
        self.filters["filter time"] = [
            {"from": f"{day:%Y-%m-%d}", "to": f"{day + timedelta(days=30):%Y-%m-%d}"}
            for day in days
        ]
        for one, other in (("label", "language"), ("source", "target"), ("language", "channel")):
            pairs = zip(cycle(values[one]), islice(cycle(values[other]), 60), strict=False)
            self.filters[f"filter {one}, {other}"] = [{one: a, other: b} for a, b in pairs]


def _words(store: Store) -> dict[str, list[str]]:
    """Words of the queue: common and rare, in Arabic script and in Latin."""
    counts: dict[str, int] = {}
    for (text,) in store.connection.execute(
        "SELECT words FROM base.items USING SAMPLE 4000 ROWS (reservoir, 7)"
    ).fetchall():
        for word in set(text.split()):
            counts[word] = counts.get(word, 0) + 1
    found: dict[str, list[str]] = {}
    for script, ours in (("Latin", str.isascii), ("Arabic", _arabic)):
        words = sorted((w for w in counts if len(w) > 2 and ours(w)), key=lambda w: -counts[w])
        found[f"common {script}"] = words[:100]
        found[f"rare {script}"] = [w for w in words if counts[w] == 1][:2_000]
    return {name: words for name, words in found.items() if words}


def _arabic(word: str) -> bool:
    return all("\u0600" <= letter <= "\u06ff" for letter in word)


def _decide(store: Store, wanted: int) -> int:
    """Decisions as many, in bulk, of which one in five rejects."""
    rules, now = read_policy().rules, datetime.now(UTC)
    found = find(store, Filter(states=FOR_MODERATORS), limit=wanted)
    flags = {}
    for row in found.rows:
        first = row["signature"].split(" ")[0]
        label, _, actors = first.partition(":")
        source, _, target = actors.partition(">")
        flags[row["item_no"]] = (label, source or None, target or None)
    items = list(flags)
    for start in range(0, len(items), BULK):
        verdicts = [
            Verdict(item_no, *flags[item_no], "reject" if item_no % 5 == 0 else "confirm", "bulk")
            for item_no in items[start : start + BULK]
        ]
        decide(store, rules, verdicts, act=uuid4(), reviewer=f"reader{start % 8}", now=now)
    return len(items)


def _pass(path: Path, asked: _Asked, name: str, say: Callable[[str], None]) -> list[Row]:
    """All kinds of requests over the warehouse as it is now."""
    say(f"asking a console over {path.stat().st_size / 1e9:.1f} GB, {name}")
    rows: list[Row] = []
    with Server(path) as server:
        browsers = []
        for user in USERS:
            browser = Browser(server.port)
            browser.sign_in(user)
            browsers.append(browser)
        turns = cycle(browsers)
        for kind, paths in _kinds(asked):
            next(turns).get(paths[0])
            used, seconds = server.usage()[0], []
            for address in islice(cycle(paths), REQUESTS):
                answer = next(turns).get(address, fragment=kind.startswith("fragment"))
                if answer.status != 200:
                    raise RuntimeError(f"{address} answered {answer.status}")
                seconds.append(answer.took)
            rows.append(_row(name, kind, seconds, server.usage()[0] - used))
            say(f"{kind}: p95 {rows[-1]['p95']} ms")
        used, seconds = server.usage()[0], _decisions(browsers)
        rows.append(_row(name, "decide", seconds, server.usage()[0] - used))
        for browser in browsers:
            browser.close()
        cpu, peak = server.usage()
        rows.append(
            {
                "what": "server",
                "pass": name,
                "seconds_to_start": round(server.seconds_to_start, 2),
                "cpu_seconds": round(cpu, 1),
                "peak_mb": peak,
            }
        )
    return rows


def _row(name: str, kind: str, seconds: Sequence[float], cpu: float) -> Row:
    row = {"what": "request", "pass": name, "kind": kind, **figures(seconds)}
    return row | {"cpu": round(1000 * cpu / max(len(seconds), 1), 1)}


def _kinds(asked: _Asked) -> Iterator[tuple[str, Sequence[str]]]:
    """Each kind of request, and addresses of that kind."""
    yield "queue", ["/queue"]
    yield "queue, deep page", [f"/queue?page={1 + n * 7 % asked.pages}" for n in range(30)]
    for kind, queries in asked.filters.items():
        yield kind, ["/queue?" + urlencode(query) for query in queries]
    for kind, texts in asked.searches.items():
        yield kind, ["/queue?" + urlencode({"text": text}) for text in texts]
    yield "item", [f"/item/{number}" for number in asked.items]
    for fragment in FRAGMENTS:
        yield f"fragment {fragment}", [f"/item/{number}/{fragment}" for number in asked.items]
    yield "next item (/review)", ["/review"]


def _decisions(browsers: Sequence[Browser]) -> list[float]:
    """Seconds of decisions, each of them answered with the next item."""
    seconds = []
    works = [work_of(browser.get("/review").text) for browser in browsers]
    for number in range(REQUESTS):
        place = number % len(browsers)
        form = works[place].form
        if form is None:
            works[place] = work_of(browsers[place].get("/review").text)
            continue
        address = f"/item/{works[place].item_no}/decide"
        answer = browsers[place].post(address, form | {"judgement": "confirm"})
        if answer.status != 200:
            raise RuntimeError(f"{address} answered {answer.status}: {answer.text[:300]}")
        seconds.append(answer.took)
        works[place] = work_of(answer.text)
    return seconds


def show(rows: list[Row], console: Console) -> None:
    """A table for each pass."""
    for row in rows:
        if row["what"] == "built":
            console.print(
                f"Built: loaded in {row['load_seconds']:,.0f} s; {row['folded']:,} flagged "
                f"revisions folded in {row['fold_seconds']:,.1f} s, the longest turn "
                f"{row['longest_fold_ms']:,.0f} ms."
            )
    for name in dict.fromkeys(row["pass"] for row in rows if "pass" in row):
        own = [row for row in rows if row.get("pass") == name]
        asked = [row for row in own if row["what"] == "request"]
        console.print(table(f"One request after the other: {name}", ["kind"], asked, cpu=True))
        for row in own:
            if row["what"] == "server":
                console.print(
                    f"The console started in {row['seconds_to_start']:.1f} s, used "
                    f"{row['cpu_seconds']:,.0f} s of CPU and {row['peak_mb']:,} MB at most."
                )
