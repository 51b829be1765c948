"""Fixtures reach nobody: enforced on the tables and on what the generator makes of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import phonenumbers
import pytest
from stdnum import bitcoin, iban, luhn

from fixtures import corpus, identifiers
from fixtures.examples import examples
from fixtures.rng import seeded
from fixtures.tables import load

HANDLE = re.compile(r"@[a-z]+__example\d+(_bot)?")
HOST = re.compile(r"[a-z]+\.(example|invalid)")
ADDRESS = re.compile(
    r"(?<![0-9A-Za-z])(0x[0-9a-fA-F]{38,42}|bc1[0-9a-z]{20,}|[1-9A-HJ-NP-Za-km-z]{26,}"
    r"|[A-Z]{2}\d{2}[A-Z0-9]{11,30})(?![0-9A-Za-z])"
)
EASTERN = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "01234567890123456789")
PHONE = re.compile(
    r"0399\d{7}|\+92 ?399 ?\d{7}|069\d{7}|\+93 ?69 ?\d{7}"
    r"|\+44 ?7700 ?900\d{3}|\+1 202 555 01\d{2}"
)


def offences(text: str) -> Iterator[str]:
    """What in *text* might lead to somebody."""
    published = {item for items in identifiers.published().values() for item in items}
    text = text.translate(EASTERN)
    for link in re.findall(r"\w+://\S+", text):
        if not HOST.fullmatch(link.partition("://")[2].partition("/")[0]):
            yield link
    if re.search(r"\bt\.me\b|\bwww\.|\b[\w.]+@\w+\.\w", text):
        yield text
    yield from (h for h in re.findall(r"@\w+", text) if not HANDLE.fullmatch(h))
    text = re.sub(r"\w+://\S+", "", text)
    if not re.search(r"\d|\w{20}", text):  # no identifier without a digit: saves much time
        return
    for item in sorted(published, key=len, reverse=True):
        text = text.replace(item, "")
        grouped = " ".join(item[i : i + 4] for i in range(0, len(item), 4))
        text = text.replace(grouped, "")
    # Words written together can be as long, but hold no digit.
    yield from (found for found in ADDRESS.findall(text) if re.search(r"\d", found))
    text = PHONE.sub("", text)
    yield from re.findall(r"(?<!\w)\+?\d(?:[ -]?\d){7,}", text)


def test_the_check_itself_catches_what_it_should() -> None:
    for bad in (
        "https://news.com/1", "@somebody", "t.me/abc", "a@b.org", "0300 1234567",
        "1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "GB29NWBK60161331926819", "4000056655665556",
    ):  # fmt: skip
        assert list(offences(bad)), bad
    assert not list(offences("09:30 on 12 May 2024, 38000 rupees, https://news.example/7"))


def test_tables_hold_no_contact_of_any_kind() -> None:
    for row in load().rows():
        assert not list(offences(row.text)), row.family
    for texts in load().fillers.values():
        assert not [found for text in texts for found in offences(text)]


def test_examples_lead_to_nobody() -> None:
    for example in examples(2, 1500, obfuscated=0):
        assert not list(offences(example.text)), example.text


def test_exports_lead_to_nobody(
    world: tuple[Path, Any],
    chats_of: Callable[[Path], Iterator[dict[str, Any]]],
    text_of: Callable[[dict[str, Any]], str],
) -> None:
    seen = 0
    for path in world[1].files:
        for chat in chats_of(path):
            assert 8_500_000_000 < chat["id"] < 8_589_934_592
            for message in chat["messages"]:
                text = text_of(message)
                assert not list(offences(text)), text
                contact = message.get("contact_information", {}).get(
                    "phone_number", "+44 7700 900000"
                )
                assert PHONE.fullmatch(contact)
                seen += 1
    assert seen > 5000


def test_addresses_hold_their_checksums_and_carry_constant_payloads() -> None:
    published = identifiers.published()
    for address in published["bitcoin"]:
        if not address.startswith("bc1p"):  # taproot: the library knows bech32 only
            bitcoin.validate(address)
    # A vector of BIP 350 vouches for the rest.
    program = bytes.fromhex("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")
    assert (
        identifiers._bech32(1, program)
        == "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"
    )
    # A vector of EIP-55, and Tron's and Monero's shapes.
    assert (
        identifiers._ethereum(bytes.fromhex("5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"))
        == "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
    )
    assert {(len(a), a[0]) for a in published["tron"]} == {(34, "T")}
    assert {(len(a), a[0]) for a in published["monero"]} == {(95, "4")}
    assert all(len(set(a[2:].lower())) <= 2 for a in published["ethereum"])
    assert all(iban.validate(number) for number in published["iban"])
    assert all(luhn.validate(number) for number in published["card"])


@pytest.mark.parametrize("country", ["pk", "af"])
def test_phone_numbers_belong_to_no_plan(country: str) -> None:
    for seed in range(60):
        number = identifiers.phone(seeded(seed), country)
        assert PHONE.fullmatch(number)
        assert not phonenumbers.is_valid_number(phonenumbers.parse(number, country.upper()))


@pytest.mark.parametrize("country", ["gb", "us"])
def test_phone_numbers_abroad_are_those_of_fiction(country: str) -> None:
    assert all(PHONE.fullmatch(identifiers.phone(seeded(seed), country)) for seed in range(60))


def test_the_corpus_is_what_the_generator_makes(tmp_path: Path) -> None:
    """Equal bytes on every machine; if this fails after a change, write the corpus again."""
    corpus.write(tmp_path / "new")
    made = {
        p.relative_to(tmp_path / "new"): p for p in (tmp_path / "new").rglob("*.*") if p.is_file()
    }
    kept = {p.relative_to(corpus.PATH): p for p in corpus.PATH.rglob("*.*") if p.is_file()}
    assert made.keys() == kept.keys(), "write the corpus again: fixtures.corpus.write()"
    differing = [str(k) for k in made if made[k].read_bytes() != kept[k].read_bytes()]
    assert differing == [], "write the corpus again: fixtures.corpus.write()"
    sizes = [path.stat().st_size for path in kept.values()]
    assert max(sizes) < 1_500_000
    assert sum(sizes) < 6_000_000
