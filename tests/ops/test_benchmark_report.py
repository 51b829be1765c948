"""The report and the cards of a benchmark: odd runs, hostile text, nothing from outside."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html.parser import HTMLParser
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.evaluation import Aimed, Answer, Sample, Score, compare, measure
from classifiers.evaluation.metrics import row as metric_row
from classifiers.modelfile import FOLDER
from ops.benchmarks import cards
from ops.benchmarks.models import Answered, Model
from ops.benchmarks.options import Options
from ops.benchmarks.report import render
from ops.benchmarks.report.errors import EACH, MOST
from ops.benchmarks.report.texts import AROUND, LIMIT, MARKS, excerpt, plain
from ops.benchmarks.running import Record
from ops.commands import benchmark as command

STARTED = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
VOID = {"meta", "br", "hr", "img", "input", "link", "wbr"}


def answer(
    *targets: str,
    gives: bool = False,
    probability: float | None = 0.9,
    evidence: Sequence[tuple[int, int, str]] = (),
    language: str | None = "en",
    also: Mapping[tuple[str, str | None], Score] | None = None,
) -> Answer:
    scores = {
        ("hostile", target): Score(probability, True, evidence=tuple(evidence))
        for target in targets
    }
    scores["solicits_donation", None] = Score(0.8 if gives else 0.1, gives)
    scores["claims_attack", None] = Score(0.05, False)
    return Answer(language, {**scores, **(also or {})})


def sample(number: int, text: str = "They are puppets.", *targets: str, **more: object) -> Sample:
    given_too = {
        "language": "en",
        "group": f"g{number}",
        "hostile": tuple(Aimed(target, severity=1, frames=("other",)) for target in targets),
        "solicits_donation": False,
        "claims_attack": False,
        **more,
    }
    return Sample(id=f"s:{number}", text=text, **given_too)


def record_of(
    suites: Mapping[str, Sequence[Sample]], models: Mapping[str, Sequence[Answer]]
) -> Record:
    """A run in which every model has the given answers for every suite."""
    record = Record(STARTED, 11, 100)
    record.models = [Model(name, f"{name}-1", lambda asked: []) for name in models]
    for suite, samples in suites.items():
        record.suites.append(suite)
        for number, model in enumerate(record.models):
            answers = list(models[model.name])[: len(samples)]
            record.answered[suite, model.name] = Answered(model, samples, answers, 0.5, 0)
            rows = measure(suite, samples, answers)
            rows.append(metric_row(suite, "all", "messages_per_second", 10.0**number, 1))
            own = {"model": model.name, "model_version": model.version}
            record.metrics += [{**own, **row} for row in rows]
        for first, second in combinations(record.models, 2):
            record.comparisons += [
                {"suite": suite, "first": first.name, "second": second.name, **row}
                for row in compare(samples, models[first.name], models[second.name])
            ]
    return record


class Page(HTMLParser):
    """A page taken apart: elements left open, attributes, ids, the marked text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags = Counter[str]()
        self.attributes: list[tuple[str, str, str]] = []
        self.marked: list[tuple[str, str]] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag == "mark":
            self.marked.append((dict(attrs).get("title") or "", ""))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)
        if "mark" in self.open:
            title, text = self.marked[-1]
            self.marked[-1] = title, text + data


def nothing_from_outside(page: str) -> Page:
    """Holds that a page asks for nothing and runs nothing."""
    found = Page(page)
    assert not {"script", "img", "iframe", "link", "object", "embed", "base", "form"} & set(
        found.tags
    )
    for tag, name, value in found.attributes:
        assert not name.startswith("on"), (tag, name)
        if name in ("href", "src", "xlink:href", "action", "srcset", "poster", "data"):
            assert value.startswith("#"), (tag, name, value)
        for inside in re.findall(r"url\(([^)]*)", value):
            assert inside.startswith("#"), (tag, name, value)
    style = page[page.index("<style>") : page.index("</style>")]
    assert "@import" not in style
    assert "url(" not in style
    assert "default-src 'none'" in page
    return found


@pytest.fixture(scope="module")
def usual() -> Record:
    samples = [
        sample(number, f"The puppets {number}.", *(["ttp"] if number % 2 else []),
               solicits_donation=number % 5 == 0,
               slices={"act": ("insult",), "functionality": (("threat", "news")[number % 2],),
                       "tables": ("en",), "obfuscation": ("none",)})
        for number in range(12)
    ]  # fmt: skip
    good = [answer(*(["ttp"] if n % 2 else []), gives=n % 5 == 0) for n in range(12)]
    bad = [answer("iskp", evidence=[(4, 11, "cue")]) for _ in range(12)]
    return record_of({"functional": samples, "heldout": samples}, {"bad": bad, "good": good})


@pytest.fixture(scope="module")
def usual_page(usual: Record) -> str:
    return render(usual)


def test_a_usual_run(usual_page: str) -> None:
    found = nothing_from_outside(usual_page)
    words = " ".join(found.words)
    for heading in ("Summary", "Precision and recall", "Reliability", "Score against time",
                    "Functionality by language", "Disguises", "Languages confused", "Slices",
                    "Differences between models", "Errors of bad", "How to read this"):  # fmt: skip
        assert heading in words, heading
    assert "McNemar, exact" in words
    assert "paired bootstrap" in words
    assert "⚠ few" in words
    assert "fewer than 30" in words.lower()
    assert found.tags["caption"] == found.tags["table"]
    assert found.tags["svg"] == found.tags["title"] - 1  # the page has one too
    assert (
        sum(tag == "svg" and name == "aria-label" for tag, name, _ in found.attributes)
        == (found.tags["svg"])
    )


def test_links_lead_to_what_is_there_and_ids_are_unique(usual_page: str) -> None:
    found = Page(usual_page)
    ids = [value for _, name, value in found.attributes if name == "id"]
    # A drawing names its markers by their form: the same name is then the same marker.
    own = [value for value in ids if not re.fullmatch(r"[a-z][0-9a-f]{10}", value)]
    assert len(own) == len(set(own))
    links = {value[1:] for _, name, value in found.attributes if name == "href"}
    inside = {
        target
        for _, _, value in found.attributes
        for target in re.findall(r"url\(#([^)]*)\)", value)
    }
    assert links | inside <= set(ids)


def test_the_same_record_gives_the_same_bytes(usual: Record, usual_page: str) -> None:
    assert render(usual) == usual_page
    assert cards.card(usual, usual.models[0]) == cards.card(usual, usual.models[0])


HOSTILE_TEXTS = (
    "<script>alert(1)</script><img src=https://example.org/x onerror=alert(1)>",
    "</bdi></p></article></main></style></textarea><!-- ]]> {{ facts }} {% raw %}",
    "abc \u202e\u2066evil\u2069\u202c def \u200f\u061c",
    "a" + "\u0301" * 500 + "b",
    "nul \x00 escape \x1b[31m \x85 \u2028 \ue000 \U000e0041 \ud800",
    "p\u200bu\u200bp\u2060p\ufeffe\u00adt",
    "&lt;script&gt; &#60;script&#62; \" ' `",
)


def test_hostile_text_is_letters() -> None:
    samples = [
        sample(n, text, reply_text=text, language=text, slices={"act": (text,)})
        for n, text in enumerate(HOSTILE_TEXTS)
    ]
    said = [answer("ttp", evidence=[(0, len(text), text), (3, 4, "cue")]) for text in HOSTILE_TEXTS]
    record = record_of({"labelled": samples}, dict.fromkeys(HOSTILE_TEXTS, said))
    page = render(record)
    nothing_from_outside(page)
    page.encode("utf-8")
    for letter in "\u202a\u202b\u202d\u202e\u2066\u2067\u2069\u200b\u2028\x00\x1b\x85\ue000":
        assert letter not in page
    assert "\u0301" * (MARKS + 1) not in page
    for model in record.models:
        cards.card(record, model)


def test_what_cannot_be_seen_is_named_and_shown_as_it_is_where_it_has_a_use() -> None:
    shown = {piece.text: piece.title for piece in excerpt("a\u202eb\u200b\u200bc") if piece.sign}
    assert shown == {"U+202E": "right-to-left override", "U+200B×2": "zero width space"}
    assert [piece.text for piece in excerpt("می\u200cشود")] == ["می\u200cشود"]
    assert [piece.text for piece in excerpt("👨\u200d👩")] == ["👨\u200d👩"]
    assert [piece.text for piece in excerpt("a\u200cb")] == ["a", "U+200C", "b"]


def test_evidence_marks_the_right_letters() -> None:
    text = "دا د آی اېس آی <b>غلامان</b> دي"
    start = text.index("غلامان")
    spans = [(start, start + 6, "cue"), (5, 14, "target")]
    record = record_of(
        {"labelled": [sample(0, text, language="ps")]}, {"m": [answer("ttp", evidence=spans)]}
    )
    marked = Page(render(record)).marked
    assert ("cue", "غلامان") in marked
    assert ("target", text[5:14]) in marked


def test_evidence_that_overlaps_or_lies_outside() -> None:
    pieces = excerpt("abcdef", [(0, 4, "cue"), (2, 6, "target"), (9, 12, "cue"), (-5, 1, "ask")])
    assert [(piece.text, piece.kinds) for piece in pieces] == [
        ("a", ("ask", "cue")),
        ("b", ("cue",)),
        ("cd", ("cue", "target")),
        ("ef", ("target",)),
    ]


@given(
    st.text(max_size=300),
    st.lists(st.tuples(st.integers(-5, 320), st.integers(-5, 320), st.sampled_from("ab"))),
    st.integers(20, 400),
)
@settings(max_examples=150, deadline=None)
def test_an_excerpt_is_in_order_marked_right_and_bounded(
    text: str, spans: list[tuple[int, int, str]], limit: int
) -> None:
    pieces = excerpt(text, spans, limit)
    place = 0
    for piece in pieces:
        if not piece.sign:
            place = text.index(piece.text, place)
            for kind in piece.kinds:
                # All of its letters lie in spans of that kind, at one place where it stands.
                assert any(low < high for low, high, name in spans if name == kind)
            place += len(piece.text)
    shown = sum(len(piece.text) for piece in pieces if not piece.sign)
    assert shown <= limit + 2 * MARKS
    if len(text) <= limit and all(piece.sign is False for piece in pieces):
        assert "".join(piece.text for piece in pieces) == text


def test_a_huge_text_is_cut_around_its_evidence() -> None:
    text = "x" * 700_000 + " puppets " + "y" * 300_000
    spans = [(700_001, 700_008, "cue")]
    pieces = excerpt(text, spans)
    assert [piece.text for piece in pieces if piece.kinds] == ["puppets"]
    assert sum(len(piece.text) for piece in pieces) < LIMIT
    assert pieces[0].text == f"… {700_001 - AROUND:,} …"
    whole = excerpt(text, [(0, len(text), "cue")])
    assert sum(len(piece.text) for piece in whole) < LIMIT + 50
    record = record_of(
        {"labelled": [sample(0, text, reply_text=text)]}, {"m": [answer("ttp", evidence=spans)]}
    )
    assert len(render(record)) < 200_000


def test_names_are_cut_and_hold_nothing_invisible() -> None:
    assert plain("x" * 1000) == "x" * 48 + "…"
    assert plain("a\u202e\x00") == "aU+202EU+0000"


def test_errors_are_limited_and_the_rest_counted() -> None:
    count = MOST + 25
    samples = [
        sample(n, slices={"functionality": (f"f{n % 40}",), "tables": ("en",)}, judged="hostile")
        for n in range(count)
    ]
    record = record_of({"functional": samples}, {"m": [answer("ttp")] * count})
    found = Page(render(record))
    words = " ".join(found.words)
    assert found.tags["article"] == MOST
    assert f"{count} wrong decisions; {MOST} shown" in " ".join(words.split())
    assert "25 are not shown" in words
    assert EACH < MOST


def test_the_surest_errors_come_first() -> None:
    samples = [sample(0), sample(1), sample(2, "They are puppets.", "iskp")]
    answers = [answer("ttp", probability=0.6), answer("ttp", probability=0.97), answer()]
    words = " ".join(Page(render(record_of({"labelled": samples}, {"m": answers}))).words)
    assert (
        words.index("probability 0.97") < words.index("no score") < words.index("probability 0.60")
    )


def test_one_sample_one_model() -> None:
    record = record_of({"labelled": [sample(0)]}, {"m": [answer()]})
    page = render(record)
    nothing_from_outside(page)
    assert "None: every decision was right." in page


def test_five_models() -> None:
    models = {f"model-{number}": [answer("ttp")] * 3 for number in range(5)}
    samples = [sample(n, "They are puppets.", "ttp") for n in range(3)]
    words = " ".join(nothing_from_outside(render(record_of({"heldout": samples}, models))).words)
    for first, second in combinations(models, 2):
        assert f"{first} − {second}" in words


def test_values_of_slices_hold_what_they_like() -> None:
    samples = [sample(n, slices={"source": (value,), "tables": ("en",)})
               for n, value in enumerate(["a;b", "c=d", "e;f=g"])]  # fmt: skip
    words = nothing_from_outside(render(record_of({"labelled": samples}, {"m": [answer()] * 3})))
    assert {"a;b", "c=d", "e;f=g"} <= set(words.words)


def test_no_positives_no_language_no_probability() -> None:
    samples = [sample(n, hostile=(), language=None, slices={"source": ("ntrex",)})
               for n in range(3)]  # fmt: skip
    answers = [answer("ttp", probability=None, language=None), answer(), answer()]
    page = render(record_of({"public": samples}, {"m": answers}))
    nothing_from_outside(page)
    assert "share of messages flagged" in page
    assert "no score" in page


def test_unsaid_labels_and_a_model_that_knows_one_label() -> None:
    samples = [sample(n, hostile=None, claims_attack=None) for n in range(2)]
    answers = [
        Answer(None, {("solicits_donation", None): Score(0.9, True)},
               frozenset({"solicits_donation"}))
    ] * 2  # fmt: skip
    record = record_of({"labelled": samples}, {"m": answers, "n": [answer()] * 2})
    nothing_from_outside(render(record))


def test_a_suite_without_answers_and_a_run_without_suites() -> None:
    record = record_of({"labelled": [sample(0)]}, {"m": [answer()]})
    record.answered.clear()
    assert "No model has an answer for it." in render(record)
    assert "No suite of this run has an answer" in cards.card(record, record.models[0])
    nothing_from_outside(render(Record(STARTED, 1)))


def test_suites_with_tables_of_their_own() -> None:
    record = Record(STARTED, 1)
    record.suites = ["language", "speed"]
    record.measured = {
        "language": [
            {"table": "F1", "test": "ntrex", "slice": "full <b>", "detector": name, "value": value}
            for name, value in (("ours", 0.99), ("CLD2", None))
        ],
        "speed": [
            {"section": "memory", "what": "whole scoring", "messages": 1000, "seconds": 0.25},
            {"section": "files", "format": "ndjson", "messages_a_second": 17_326.2, "model": None},
        ],
    }
    words = nothing_from_outside(render(record)).words
    assert "Suite language: F1: ntrex" in words
    assert "full <b>" in words
    assert "17,326" in words
    record.measured["speed"] = []
    assert "Nothing was measured." in render(record)


def test_mathematics_and_long_names_in_plots() -> None:
    name = r"$\frac{1}{2}$ & <b> " + "very long " * 20
    record = record_of({"heldout": [sample(0, "They", "ttp")]}, {name: [answer("ttp")]})
    page = render(record)
    nothing_from_outside(page)
    assert re.search(r"<text[^>]*>\$\\frac\{1\}\{2\}\$ &amp; &lt;b&gt;", page)


def test_a_card_says_what_is_known_and_how_weak(usual: Record) -> None:
    usual_card = cards.card(usual, usual.models[0])
    for section in ("Model details", "Intended use", "Factors", "Metrics", "Evaluation data",
                    "Training data", "Quantitative analyses", "Ethical considerations",
                    "Caveats and recommendations"):  # fmt: skip
        assert f"\n## {section}\n" in usual_card
    assert "its owner has to say" in usual_card
    assert "--seed 11 --messages 100" in usual_card
    samples = [
        sample(n, "They are.", slices={"functionality": ("quotation",), "tables": ("en",)})
        for n in range(30)
    ]
    weak = record_of({"functional": samples}, {"m": [answer("ttp")] * 30})
    assert "**quotation** accuracy 0.000" in cards.card(weak, weak.models[0])


def test_a_card_of_the_built_in_model_names_its_data_and_licences() -> None:
    record = record_of({"heldout": [sample(0)]}, {"m": [answer()]})
    model = Model("channelwatch", "0123456789ab", lambda asked: [], folder=FOLDER)
    found = cards.card(record, model)
    for words in ("CC BY-SA 4.0", "NTREX-128", "| hostile | ps |", "--model builtin", "SHA-256"):
        assert words in found
    broken = Model("mine", "1", lambda asked: [], folder=Path("/nowhere"))
    assert "cannot be read" in cards.card(record, broken)


def test_files_of_cards_have_names_of_their_own(tmp_path: Path) -> None:
    record = record_of({"heldout": [sample(0)]}, {"a/../b": [answer()], "a:b": [answer()],
                                                  "A-B": [answer()], "…": [answer()]})  # fmt: skip
    paths = cards.write(record, tmp_path)
    assert all(path.parent == tmp_path and path.is_file() for path in paths)
    assert len({path.name.casefold() for path in paths}) == 4


def test_a_run_leaves_report_and_cards(usual: Record, tmp_path: Path) -> None:
    said: list[str] = []
    command._leave(usual, tmp_path / "out", None, Options(say=said.append))
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"report.html", "results.json", "samples.ndjson", "card-bad.md",
                     "card-good.md"}  # fmt: skip
    assert all(name in said[0] for name in names)
