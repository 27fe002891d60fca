"""The published SLAs: their own examples hold, and none of the collected cases is missing or told otherwise."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import pytest

from sla_service.domain.instants import parse_instant
from sla_service.domain.money import Money
from sla_service.domain.policies import Policy
from sla_service.domain.policies.credits import Share, Table, Time
from sla_service.domain.policies.examples import PolicyExample
from sla_service.formats.policy_yaml import parse_policy
from sla_service.usecases.policies import check_policy

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "policies" / "published").glob("*.yaml"))
CASES = ROOT.parent / "shared" / "data" / "published_sla_cases.json"
DAY_MS = 86_400_000
PAYS = re.compile(r"([\d.]+)%(?: of total invoice)?$|(\d+) days$")
UNIT_MS = {"days of service": DAY_MS, "days of service added to the term": DAY_MS, "minutes of service": 60_000}


@lru_cache(maxsize=1)
def published() -> dict[str, tuple[Policy, PolicyExample]]:
    """Every example of every file by the case's id, the first word of its name."""
    policies = [parse_policy(path.read_text(encoding="utf-8")) for path in FILES]
    return {
        example.name.split()[0].rstrip(":"): (policy, example) for policy in policies for example in policy.examples
    }


@lru_cache(maxsize=1)
def collected() -> dict[str, dict]:
    return (
        {case["id"]: case for case in json.loads(CASES.read_text(encoding="utf-8"))["cases"]} if CASES.exists() else {}
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_example_of_a_published_sla_holds(path):
    check = check_policy(path.read_text(encoding="utf-8"))
    assert check.examples
    assert [(result.example.name, result.differences) for result in check.failed] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_published_sla_says_where_it_was_read(path):
    policy = parse_policy(path.read_text(encoding="utf-8"))
    assert policy.policy == path.stem
    assert policy.source


@pytest.mark.skipif(not CASES.exists(), reason="the collected cases are not beside this project")
def test_every_collected_case_is_an_example():
    assert set(collected()) == {name for name in published() if name in collected()}
    assert len(collected()) == 158


@pytest.mark.parametrize("case_id", sorted(collected()))
def test_a_collected_case_is_told_as_it_was_collected(case_id):
    case = collected()[case_id]
    policy, example = published()[case_id]
    expected, expect = case["expected"], example.expect
    if expected.get("availability"):
        assert expect.availability is not None
        assert Fraction(expect.availability) == Fraction(expected["availability"])
    if "error_budget_consumed" in expected:
        budget = expected["error_budget_consumed"]
        assert expect.budget == ("none" if budget is None else Fraction(budget))
    if expected.get("sla_target") and policy.target is not None:
        assert policy.target == Fraction(expected["sla_target"])
    _assert_credit(case, example)


@pytest.mark.parametrize("case_id", sorted(name for name, case in collected().items() if "windows" in case["input"]))
def test_a_collected_case_has_the_outages_that_were_collected(case_id):
    _, example = published()[case_id]
    told = sorted((one.window.start_ms, one.window.end_ms) for one in example.impact)
    windows = collected()[case_id]["input"]["windows"]
    assert told == sorted((parse_instant(one["start"]), parse_instant(one["end"])) for one in windows)


@pytest.mark.parametrize("case_id", sorted(collected()))
def test_a_collected_case_falls_into_the_row_that_was_collected(case_id):
    policy, example = published()[case_id]
    row = collected()[case_id]["expected"]["tier"]
    if row.startswith(("GAP", "CONTRADICTION")):
        assert example.expect.undefined
    elif row in {"none", "0%"}:
        assert not example.expect.tier
        assert not getattr(example.expect.credit, "minor", example.expect.credit)
    elif isinstance(policy.credit, Table) and (pays := PAYS.search(row)):
        share, days = pays.groups()
        pay = Share(Fraction(share) / 100) if share else Time(int(days) * DAY_MS)
        assert policy.credit.rows[(example.expect.tier or 0) - 1].pays == pay
        assert example.expect.tier


def _assert_credit(case: dict, example: PolicyExample) -> None:
    expected, expect = case["expected"], example.expect
    if expected.get("credit") is None:
        open_text = "undefined or contradictory" in expected.get("credit_null_reason", "")
        assert expect.undefined or not open_text
        assert expect.undefined or expect.credit is None or not getattr(expect.credit, "minor", 0)
        return
    exact = Fraction(expected["credit_exact"])
    if unit := UNIT_MS.get(expected.get("unit", "")):
        assert expect.credit == int(Fraction(expected["credit"]) * unit)
        assert expect.unrounded == exact * unit / DAY_MS
    else:
        assert expect.credit == Money.parse(expected["credit"], expected["currency"])
        assert expect.unrounded == exact
    fee = case["fee"]
    if fee and example.fee is not None and fee["currency"] == example.fee.currency and not example.charges:
        assert example.fee.amount in {fee["amount"], *_monthly(fee["amount"])}


def _monthly(amount: str) -> set[str]:
    """A quarter's fee is three monthly ones."""
    third = Fraction(amount) / 3
    return {f"{float(third):.2f}"} if (third * 100).denominator == 1 else set()
