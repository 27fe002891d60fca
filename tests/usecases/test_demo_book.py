"""The book is the same bytes everywhere, has the people it promises, and every cell is one that the domain reads."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import subprocess
import sys
from collections import Counter
from itertools import pairwise

import pytest

from sla_service.domain.exclusions import ExclusionKind
from sla_service.domain.instants import load_zone, parse_date, parse_instant
from sla_service.domain.money import Money, minor_digits
from sla_service.domain.shares import parse_share
from sla_service.domain.windows import SHARE_FULL_PPM, Window
from sla_service.usecases.demo_book import COLUMNS, generate_book
from sla_service.usecases.demo_book.impacts import OUTAGE

DEMO = generate_book(1_000, partner_count=25)
CURRENCIES = {"USD", "EUR", "CNY", "JPY", "KWD"}
FORMAT_COLUMNS = {
    "partners": "partner_id name email locale time_zone currency",
    "merchants": "merchant_id name email locale time_zone country currency region partner_id billing_ref active_from "
    "active_to",
    "contracts": "merchant_id service policy monthly_fee currency starts_on ends_on",
    "impacts": "incident_id merchant_id service started_at ended_at share orders_expected orders_actual",
    "exclusions": "exclusion_id kind service region merchant_id started_at ended_at announced_at reason",
}


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(), newline=""), strict=True))


def digest(files: dict[str, bytes]) -> str:
    return hashlib.sha256(b"".join(files.values())).hexdigest()


MERCHANTS = {row["merchant_id"]: row for row in rows(DEMO.merchants)}
CONTRACTS = rows(DEMO.contracts)


def test_same_arguments_same_bytes_another_seed_other_bytes():
    small = generate_book(50, partner_count=3)
    assert digest(small.files()) == digest(generate_book(50, partner_count=3).files())
    assert digest(small.files()) != digest(generate_book(50, partner_count=3, seed="other").files())


@pytest.mark.parametrize("hash_seed", ["1", "4242"])
def test_another_process_with_another_hash_seed_makes_the_same_bytes(hash_seed):
    code = (
        "import hashlib; from sla_service.usecases.demo_book import generate_book; "
        "files = generate_book(200, partner_count=7, windows_per_merchant=5).files(); "
        "print(hashlib.sha256(b''.join(files.values())).hexdigest())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    made = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert made.stdout.strip() == digest(generate_book(200, partner_count=7, windows_per_merchant=5).files())


def test_columns_are_those_of_the_formats_page():
    for noun, data in DEMO.files().items():
        assert data.decode().splitlines()[0].split(",") == FORMAT_COLUMNS[noun].split()
    assert list(COLUMNS) == list(FORMAT_COLUMNS)


def test_counts():
    assert list(MERCHANTS) == [f"M{i:06d}" for i in range(1, 1_001)]
    assert [row["partner_id"] for row in rows(DEMO.partners)] == [f"P{i:03d}" for i in range(1, 26)]
    alone = sum(not row["partner_id"] for row in MERCHANTS.values())
    hit = {row["merchant_id"] for row in rows(DEMO.impacts)}
    assert 250 <= alone <= 350
    assert 120 <= len(hit) <= 180
    assert {row["partner_id"] for row in MERCHANTS.values()} - {""} == {f"P{i:03d}" for i in range(1, 26)}


def test_every_currency_is_billed_and_every_fee_is_in_its_precision():
    assert {row["currency"] for row in MERCHANTS.values()} == CURRENCIES
    for contract in CONTRACTS:
        fee = Money.parse(contract["monthly_fee"], contract["currency"])
        assert fee.minor > 0
        assert fee.amount == contract["monthly_fee"]
        assert contract["currency"] == MERCHANTS[contract["merchant_id"]]["currency"]


def test_every_party_has_a_zone_a_currency_and_an_address_that_cannot_exist():
    for party in [*MERCHANTS.values(), *rows(DEMO.partners)]:
        load_zone(party["time_zone"])
        minor_digits(party["currency"])
        assert party["email"].endswith(".example")
        assert party["name"].strip() == party["name"] != ""


def test_days_parse_and_contracts_of_a_service_do_not_overlap():
    for merchant in MERCHANTS.values():
        start = parse_date(merchant["active_from"])
        assert not merchant["active_to"] or parse_date(merchant["active_to"]) > start
    last: dict[tuple[str, str], str] = {}
    for contract in CONTRACTS:
        key = contract["merchant_id"], contract["service"]
        starts, ends = contract["starts_on"], contract["ends_on"] or "9999-12-31"
        assert parse_date(starts) < parse_date(ends)
        assert last.get(key, "") <= starts
        last[key] = ends


@pytest.mark.parametrize("windows", [None, 1, 5, 100])
def test_impacts_parse_and_none_is_given_twice(windows):
    impacts = rows(generate_book(300, partner_count=5, windows_per_merchant=windows).impacts)
    assert impacts
    assert windows is None or Counter(row["merchant_id"] for row in impacts) == dict.fromkeys(
        [f"M{i:06d}" for i in range(1, 301)], windows
    )
    keys = Counter((row["incident_id"], row["merchant_id"], row["service"], row["started_at"]) for row in impacts)
    assert set(keys.values()) == {1}
    for row in impacts:
        Window(parse_instant(row["started_at"]), parse_instant(row["ended_at"]))
        share = parse_share(row["share"])
        assert share > 0
        if row["orders_expected"]:
            expected, actual = int(row["orders_expected"]), int(row["orders_actual"])
            assert (expected - actual) * SHARE_FULL_PPM == expected * share


def test_a_fifth_of_a_large_book_is_hit_during_the_outage():
    impacts = rows(generate_book(1_000, partner_count=25, windows_per_merchant=5).impacts)
    windows = [
        (r["merchant_id"], Window(parse_instant(r["started_at"]), parse_instant(r["ended_at"]))) for r in impacts
    ]
    in_outage = {merchant for merchant, window in windows if window.overlap(OUTAGE)}
    overlapping = sum(one[0] == two[0] and one[1].overlap(two[1]) is not None for one, two in pairwise(windows))
    assert 180 <= len(in_outage) <= 260
    assert overlapping > 500


def test_halves_of_two_incidents_overlap_somewhere():
    by_merchant: dict[str, list[dict[str, str]]] = {}
    for row in rows(DEMO.impacts):
        if row["share"] == "0.5" and row["service"] == "storefront":
            by_merchant.setdefault(row["merchant_id"], []).append(row)
    pairs = [(a, b) for found in by_merchant.values() for a in found for b in found]
    assert any(
        a["incident_id"] != b["incident_id"] and a["started_at"] <= b["started_at"] < a["ended_at"] for a, b in pairs
    )


def test_exclusions_parse_and_are_of_every_sort():
    exclusions = rows(DEMO.exclusions)
    assert len({row["exclusion_id"] for row in exclusions}) == len(exclusions)
    for row in exclusions:
        ExclusionKind(row["kind"])
        window = Window(parse_instant(row["started_at"]), parse_instant(row["ended_at"]))
        assert not row["announced_at"] or parse_instant(row["announced_at"]) < window.start_ms
        assert not (row["region"] and row["merchant_id"])
    assert {row["kind"] for row in exclusions} == {"maintenance", "customer", "upstream"}
    own = [row for row in exclusions if row["merchant_id"] and row["kind"] == "maintenance"]
    assert own
    assert all(Window(parse_instant(r["started_at"]), parse_instant(r["ended_at"])).overlap(OUTAGE) for r in own)


def test_the_cast_plays_its_parts():
    fees = [(c["policy"], c["monthly_fee"], c["currency"]) for c in CONTRACTS[:3]]
    assert fees == [
        ("storefront-plus", "299.00", "USD"),
        ("storefront-plus", "30000", "JPY"),
        ("storefront-plus", "99.995", "KWD"),
    ]
    assert MERCHANTS["M000001"]["time_zone"] == "Asia/Shanghai"
    names = [row["name"] for row in MERCHANTS.values()]
    assert sum(any(ord(character) >= 0x1F000 for character in name) for name in names) == 1
    assert [name for name in names if "<" in name] == ["Acme <Holdings> & Co"]
    policies = {c["policy"] for c in CONTRACTS}
    assert {"storefront-legacy", "storefront-founders", "payments-standard"} < policies
    untouched = {"M000001", "M000002", "M000003", "M000004"}
    assert not untouched & {row["merchant_id"] for row in [*rows(DEMO.impacts), *rows(DEMO.exclusions)]}


def test_some_contracts_begin_end_or_change_within_the_month():
    starts = {(c["merchant_id"], c["service"], c["starts_on"]) for c in CONTRACTS if c["starts_on"] > "2023-09-01"}
    ends = {(c["merchant_id"], c["service"], c["ends_on"]) for c in CONTRACTS if c["ends_on"] > "2023-09-01"}
    assert len(starts & ends) >= 5
    assert len(starts - ends) >= 5
    assert len(ends - starts) >= 5
    assert any(c["ends_on"] and c["ends_on"] <= "2023-09-01" for c in CONTRACTS)


def test_a_larger_book_begins_with_the_smaller_one():
    small = generate_book(30, partner_count=25)
    assert DEMO.merchants.startswith(small.merchants)
    assert DEMO.contracts.startswith(small.contracts)
    assert DEMO.impacts.startswith(small.impacts)


def test_chunks_are_whole_lines_and_join_to_the_file():
    book = generate_book(6_000, partner_count=0)
    chunks = list(book.chunks("merchants"))
    assert len(chunks) == 2
    assert all(chunk.endswith(b"\n") for chunk in chunks)
    assert b"".join(chunks) == book.merchants
    assert not any(row["partner_id"] for row in rows(book.merchants))


@pytest.mark.parametrize(
    ("merchants", "partners", "windows"),
    [(-1, 1, None), (1_000_000, 1, None), (1, 1_000, None), (1, 1, 0), (1, 1, 101)],
)
def test_counts_without_room_are_refused(merchants, partners, windows):
    with pytest.raises(ValueError, match="a book takes from"):
        generate_book(merchants, partner_count=partners, windows_per_merchant=windows)
