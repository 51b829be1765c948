"""The bundled tables are sound, and every kind of mistake in a table is named with its line."""

from __future__ import annotations

import datetime
import shutil
from collections import Counter
from pathlib import Path

import pytest

from classifiers import knowledge
from classifiers.knowledge import KnowledgeError, affiliation, check, data_folder, load
from classifiers.vocabulary import CUE_CLASSES, FRAMES, ROUTES

ACTORS = (
    "iskp ttp afghan_taliban al_qaeda is_core pakistan_state jui_f shia_hazara us china russia "
    "india"
)


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small copy of the tables: all files, but only some rows of each cue table."""
    folder = tmp_path_factory.mktemp("data") / "data"
    shutil.copytree(data_folder(), folder, ignore=shutil.ignore_patterns("*.json", "*.bin"))
    for path in (folder / "cues").glob("*.csv"):
        path.write_text("".join(path.read_text("utf-8").splitlines(keepends=True)[:40]), "utf-8")
    return folder


@pytest.fixture
def folder(originals: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(originals, tmp_path / "data"))


def test_the_bundled_tables_have_no_problem() -> None:
    assert check() == []


def test_all_actors_of_the_codebook_are_there() -> None:
    assert list(load().actors) == ACTORS.split()


def test_each_language_has_hundreds_of_cues_in_every_class() -> None:
    counts = Counter((term.language, term.klass) for term in load().terms)
    for language in ("en", "ur", "ps", "prs", "ur-Latn", "ps-Latn"):
        assert sum(counts[language, klass] for klass in CUE_CLASSES) > 2_500, language
        for klass in CUE_CLASSES:
            if klass in ("negative", "debate") and language.endswith("-Latn"):
                continue  # common words, which romanised spelling would multiply without end
            assert counts[language, klass] >= 5, (language, klass)


def test_each_language_has_cues_of_every_frame_and_route() -> None:
    found = Counter((term.language, frame) for term in load().terms for frame in term.frames)
    for language in ("en", "ur", "ps", "prs", "ur-Latn", "ps-Latn"):
        for name in (*FRAMES, *ROUTES):
            assert found[language, name] >= 4, (language, name)


def test_each_actor_is_named_in_each_language() -> None:
    named = {
        (term.language, actor)
        for term in load().terms
        if term.klass == "actor" and term.reference
        for actor in term.reference.means
    }
    for language in ("en", "ur", "ps", "prs"):
        for actor in load().actors:
            assert (language, actor) in named, (language, actor)


def test_the_taliban_change_their_role_when_kabul_falls() -> None:
    taliban = load().actors["afghan_taliban"]
    assert taliban.role(datetime.date(2021, 8, 14)) == "insurgents"
    assert taliban.role(datetime.date(2021, 8, 15)) == "de_facto_authority"


@pytest.mark.parametrize(
    ("name", "username", "actor"),
    [
        ("Umar Media", None, "ttp"),
        ("عمر میڈیا", None, "ttp"),
        ("عمر ميډيا | Umar Media Pashto", None, "ttp"),
        ("AL-AZAIM FOUNDATION", None, "iskp"),
        ("العزائم", None, "iskp"),
        ("Voice of Khurasan (backup 3)", None, "iskp"),
        ("المرصاد پښتو", None, "afghan_taliban"),
        ("Al Mirsad", None, "afghan_taliban"),
        ("anything", "umar_media", "ttp"),
        (None, "AlMirsadPashto", "afghan_taliban"),
        ("Kabul weather", "kabul_weather", None),
        ("Umar's shop", None, None),
        ("", "", None),
        (None, None, None),
    ],
)
def test_affiliation(name: str | None, username: str | None, actor: str | None) -> None:
    assert affiliation(name, username) == actor


def _append(path: Path, text: str) -> int:
    """Append a line and say which it is."""
    path.write_text(path.read_text("utf-8") + text + "\n", "utf-8")
    return len(path.read_text("utf-8").splitlines())


@pytest.mark.parametrize(
    ("row", "what", "remedy"),
    [
        ("zzword,hostil,other,1,", "unknown class 'hostil'", "did you mean 'hostile'?"),
        ("zzword,hostile,apostacy,1,", "unknown frame 'apostacy'", "did you mean 'apostasy'?"),
        ("zzword,hostile,,1,", "without a frame", "apostasy"),
        ("zzword,hostile,other,4,", "severity '4'", "1, 2 or 3"),
        ("zzword,ask,other,,", "has the frame 'other'", "leave frame empty"),
        ("zzword,ask,,2,", "has a severity", "leave severity empty"),
        ("zzword,route,crypt,,", "unknown frame 'crypt'", "did you mean 'crypto'?"),
        (",ask,,,", "the term is empty", "write a term"),
        (" zzword,ask,,,", "spaces around", "remove them"),
        ("zz,ask,,,", "too short", "longer phrase"),
        ("x,self,,,", "too short", "longer phrase"),
        ("!!!,ask,,,", "folds to nothing", "letters or digits"),
        ("APOSTATE,hostile,apostasy,2,", "matched like 'apostate'", "remove one"),
        ("apostates,praise,,,", "is praise here and hostile at en.csv:", "keep one"),
        ("apostasy,benign,,,", "is benign here and hostile at en.csv:", "keep one"),
        ("zzword,ask", "2 columns", "commas"),
    ],
)
def test_a_wrong_cue_is_named_with_its_line(folder: Path, row: str, what: str, remedy: str) -> None:
    line = _append(folder / "cues" / "en.csv", row)
    (problem,) = check(folder)
    assert (problem.file, problem.line) == ("en.csv", line)
    assert what in problem.what
    assert remedy in problem.remedy


@pytest.mark.parametrize(
    ("old", "new", "what", "remedy"),
    [
        ("means: {afghan_taliban: 0.85", "means: {afgan_taliban: 0.85", "unknown actor", "did you"),
        ("kind: political_party", "kind: politcal_party", "unknown kind", "did you mean"),
        ("frames: [nationalism]", "frames: [nationalsm]", "unknown frame", "did you mean"),
        ("    severity: 1\n", "    severity: 9\n", "severity 9", "labels.yaml"),
        ("  - id: khawarij\n", "  - id: khawarij\n    meens: ttp\n", "unknown key", "did you mean"),
        ("en: [Shia,", "english: [Shia,", "unknown language", "use one of"),
        ("from: 2001-12-07", "from: 2001-13-07", "no date", "2021-08-15"),
        ("id: ttp\n", "id: iskp\n", "stands twice", "rename"),
        (
            "any: [IS]\n    requires: [Khorasan,",
            "any: [IS]\n    means: [ttp,",
            "stands twice",
            "line",
        ),
        ("cased: [ISI, CTD]", "cased: [ISI, '']", "is no text", "quotes"),
        ("  - id: emirate\n", "  -\tid: emirate\n", "no valid YAML", "correct"),
        ("any: [JUI-F", "any: [ju, JUI-F", "too short", "requires"),
    ],
)
def test_a_wrong_actor_entry_is_named(
    folder: Path, old: str, new: str, what: str, remedy: str
) -> None:
    path = folder / "actors.yaml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    problems = check(folder)
    named = [p for p in problems if what in p.what and remedy in p.remedy]
    assert named, problems
    assert named[0].file == "actors.yaml"
    if "\n" not in old:
        assert named[0].line == text[: text.index(old)].count("\n") + 1


def test_loading_refuses_with_every_problem(folder: Path) -> None:
    line = _append(folder / "cues" / "ps.csv", "zzword,asc,,,")
    (folder / "payment_services.csv").write_text("term,service\nx,y\n", "utf-8")
    with pytest.raises(KnowledgeError) as caught:
        load(folder)
    lines = str(caught.value).splitlines()
    assert f"ps.csv:{line}: unknown class 'asc'; did you mean 'ask'?" in lines
    assert any(text.startswith("payment_services.csv:1: the header is") for text in lines)


def test_a_missing_table_and_a_strange_one_are_named(folder: Path) -> None:
    (folder / "cues" / "ur.csv").unlink()
    (folder / "cues" / "xx.csv").write_text("term,class,frame,severity,note\n", "utf-8")
    (folder / "labels.yaml").write_bytes(b"labels: \xff")
    problems = {(p.file, p.line): p.what for p in check(folder)}
    assert "cannot be read" in problems["ur.csv", 1]
    assert "no language" in problems["xx.csv", 1]
    assert "not UTF-8" in problems["labels.yaml", 1]


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("hostil,en,0.5,0.2", "unknown label"),
        ("hostile,en,1.5,0.2", "no probability"),
        ("hostile,en,nan,0.2", "no probability"),
    ],
)
def test_thresholds_are_checked(folder: Path, row: str, what: str) -> None:
    path = folder / "thresholds.csv"
    path.write_text(f"label,language,threshold,reviewed_from\n{row}\n", "utf-8")
    (problem,) = check(folder)
    assert what in problem.what


def test_thresholds_of_a_language_come_before_the_labels_own(folder: Path) -> None:
    path = folder / "thresholds.csv"
    path.write_text("label,language,threshold,reviewed_from\nhostile,ps,0.7,0.4\n", "utf-8")
    found = load(folder)
    assert found.threshold("hostile", "ps") == 0.7
    assert found.threshold("hostile", "en") == found.labels["hostile"].threshold


def test_every_label_frame_severity_and_route_is_defined() -> None:
    found = load()
    assert [(label.id, label.directed) for label in found.labels.values()] == [
        ("hostile", True),
        ("solicits_donation", False),
        ("claims_attack", False),
    ]
    assert tuple(found.frames) == FRAMES
    assert tuple(found.routes) == ROUTES
    assert tuple(found.severities) == (1, 2, 3)
    for item in (*found.labels.values(), *found.frames.values(), *found.severities.values()):
        assert len(item.definition) > 15, item


def test_the_version_follows_the_tables(folder: Path) -> None:
    before = knowledge.version(folder)
    knowledge.version.cache_clear()
    _append(folder / "cues" / "en.csv", "zzword,ask,,,")
    assert knowledge.version(folder) != before
