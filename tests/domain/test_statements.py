"""Statements: frozen snapshots that can be stored, digested and recomputed from themselves."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, fields, replace
from fractions import Fraction
from types import NoneType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_service.domain.assessment import Measurement
from sla_service.domain.canonical import verification_code
from sla_service.domain.money import Money
from sla_service.domain.stated_terms import (
    Before,
    Decision,
    HowMeasured,
    HowPaid,
    StatedBase,
    StatedCap,
    StatedMetric,
    StatedPay,
    StatedRounding,
    StatedTerm,
)
from sla_service.domain.statements import (
    StatedCredit,
    Statement,
    StatementKind,
    snapshot_sha256,
    statement_from_json,
    statement_to_json,
)
from tests.builders import a_merchant_line, a_stated_credit, a_statement, money

IN_FULL = a_stated_credit(
    measured=HowMeasured(
        availability="2/3",
        indicator="metric",
        metric=StatedMetric("latency", "ms", value="823/2"),
        quantise=(StatedRounding("outage", "60000", "up"), StatedRounding("availability", "1/1000", "down")),
        period="week",
    ),
    paid=HowPaid(
        base=StatedBase(("recurring", "support"), "10000", "1/12", "previous"),
        stacking="sum",
        terms=(
            StatedTerm("blocks", StatedPay("share", "1/20"), "3000", count="3", unit="1800000"),
            StatedTerm("manual"),
        ),
        is_listed=True,
        caps=(StatedCap("share", "1/2", "3000", "2000", limit="2000", per="year", whole="4000"),),
    ),
    service_ms=86_400_000,
    rights=("terminate",),
    decision=Decision("ann", "Platform Ltd", "as agreed"),
    claim_until="2023-10-30",
)
"""Every kind of value that a credit can hold."""

FOR_A_PARTNER = a_statement(
    kind=StatementKind.PARTNER,
    credits=(),
    merchants=(
        a_merchant_line(),
        a_merchant_line(merchant_id="m-2", amount=money("300 JPY")),
        a_merchant_line(merchant_id="m-3", amount=money("0.10 USD")),
    ),
)


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(a_statement(), id="a merchant's"),
        pytest.param(a_statement(credits=(a_stated_credit(), a_stated_credit(credit_id="C-2"))), id="two credits"),
        pytest.param(a_statement(credits=(a_stated_credit(minimum=None),)), id="no minimum"),
        pytest.param(a_statement(credits=(a_stated_credit(lines=(), steps=(), incidents=()),)), id="no lines"),
        pytest.param(a_statement(credits=()), id="no credits"),
        pytest.param(a_statement(credits=(IN_FULL,)), id="every kind of term"),
        pytest.param(FOR_A_PARTNER, id="a partner's"),
        pytest.param(
            a_statement(credits=(a_stated_credit(before=Before(990, 2_000)),), corrects="SCM-2023-09-0000001"),
            id="a correction",
        ),
        pytest.param(
            a_statement(corrects="SCM-2023-09-0000001", void_reason="Paid twice"), id="one that voids another"
        ),
    ],
)
def test_a_statement_survives_being_stored(statement):
    text = statement_to_json(statement)
    again = statement_from_json(text)
    assert again == statement
    assert statement_to_json(again) == text
    assert hash(again) == hash(statement), "lists that should be tuples cannot be hashed"


def test_canonical_json_has_sorted_keys_no_white_space_and_plain_letters():
    text = statement_to_json(a_statement(credits=()))
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert "小熊茶舍" in text


LATER = {"take_back", "measured", "paid", "service_ms", "rights", "decision", "claim_until", "before"}
"""Fields of a credit that the first statements did not have."""


def test_what_came_later_changes_no_statement_that_does_not_use_it():
    (credit,) = json.loads(statement_to_json(a_statement()))["credits"]
    assert credit.keys() == {field.name for field in fields(StatedCredit)} - LATER
    (line, *_) = json.loads(statement_to_json(FOR_A_PARTNER))["merchants"]
    assert "service_ms" not in line
    assert not {"corrects", "void_reason"} & json.loads(statement_to_json(a_statement())).keys()


def test_terms_leave_their_defaults_out():
    (credit,) = json.loads(statement_to_json(a_statement(credits=(IN_FULL,))))["credits"]
    assert credit["measured"]["metric"] == {"name": "latency", "unit": "ms", "value": "823/2"}
    assert credit["paid"]["terms"][1] == {"kind": "manual"}


def test_an_exact_availability_is_not_lost_to_whole_units():
    credit = a_stated_credit(measured=HowMeasured(availability="2/3"))
    assert credit.measurement.availability == Fraction(2, 3)
    assert credit.decisive == Fraction(2, 3)
    rounded = a_stated_credit(measured=HowMeasured(availability="2/3", figure="7/10"))
    assert (rounded.measurement.availability, rounded.decisive) == (Fraction(2, 3), Fraction(7, 10))


def test_without_a_target_nothing_is_promised():
    assert a_stated_credit(target="").target_ratio is None


@pytest.mark.parametrize(("minor", "service_ms", "is_paid"), [(1, 0, True), (0, 1, True), (0, 0, False)])
def test_money_and_service_time_are_both_a_credit(minor, service_ms, is_paid):
    assert a_stated_credit(amount=Money("USD", minor), service_ms=service_ms).is_paid is is_paid


def test_the_digest_of_the_same_statement_is_the_same():
    assert snapshot_sha256(statement_to_json(a_statement())) == snapshot_sha256(statement_to_json(a_statement()))


def _another(value):
    """A value of the same type that is not the same."""
    if isinstance(value, bool):
        return not value
    ways = {
        Money: lambda: Money(value.currency, value.minor + 1),
        int: lambda: value + 1,
        str: lambda: f"{value}x",
        tuple: lambda: () if value else ("another",),
        NoneType: lambda: Decision("ann", "Platform Ltd", "no clause"),
        HowMeasured: lambda: replace(value, indicator="slots"),
        HowPaid: lambda: replace(value, group="platform"),
        StatementKind: lambda: StatementKind.PARTNER,
    }
    return ways.get(type(value), lambda: replace(value, name=f"{value.name}x"))()


@pytest.mark.parametrize("name", [field.name for field in fields(Statement) if field.name != "merchants"])
def test_the_digest_changes_with_each_field_of_a_statement(name):
    statement = a_statement()
    changed = replace(statement, **{name: _another(getattr(statement, name))})
    assert snapshot_sha256(statement_to_json(changed)) != snapshot_sha256(statement_to_json(statement))


@pytest.mark.parametrize("name", [field.name for field in fields(StatedCredit)])
def test_the_digest_changes_with_each_field_of_a_credit(name):
    credit = a_stated_credit()
    one = a_statement(credits=(credit,))
    two = a_statement(credits=(replace(credit, **{name: _another(getattr(credit, name))}),))
    assert snapshot_sha256(statement_to_json(one)) != snapshot_sha256(statement_to_json(two))


def test_the_digest_is_that_of_the_bytes_in_utf_8():
    # "é" in UTF-8, by sha256sum.
    assert snapshot_sha256("é") == "4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c"


def test_the_verification_code_is_the_digest_s_first_digits_in_groups():
    assert verification_code("3f2a90bc77d1" + "0" * 52) == "3f2a-90bc-77d1"


def test_a_merchant_s_total_is_the_sum_of_its_credits():
    statement = a_statement(credits=(a_stated_credit(), a_stated_credit(amount=money("0.11 USD"))))
    assert statement.totals == [money("30.01 USD")]


def test_a_correction_s_total_is_the_sum_of_the_differences():
    taken_back = a_stated_credit(before=Before(3_500, -510, 86_400_000, 43_200_000))
    correction = a_statement(credits=(taken_back, a_stated_credit()), corrects="SCM-2023-09-0000001")
    assert taken_back.amount == money("29.90 USD")
    assert (taken_back.stated, taken_back.stated_service_ms) == (money("-5.10 USD"), 43_200_000)
    assert correction.totals == [money("24.80 USD")]


def test_without_anything_before_the_amount_is_stated():
    credit = a_stated_credit(service_ms=60_000)
    assert (credit.stated, credit.stated_service_ms) == (credit.amount, 60_000)


def test_a_partner_s_totals_are_per_currency():
    assert FOR_A_PARTNER.totals == [money("300 JPY"), money("30.00 USD")]


def test_a_statement_without_lines_has_no_totals():
    assert a_statement(credits=()).totals == []
    assert replace(FOR_A_PARTNER, merchants=()).totals == []


@given(st.lists(st.tuples(st.sampled_from(["USD", "JPY", "KWD"]), st.integers(0, 10**6)), max_size=8))
def test_lines_sum_to_the_totals(amounts):
    lines = tuple(a_merchant_line(amount=Money(*amount)) for amount in amounts)
    found = replace(FOR_A_PARTNER, merchants=lines).totals
    assert {total.currency: total.minor for total in found} == {
        currency: sum(minor for code, minor in amounts if code == currency) for currency, _ in amounts
    }


def test_what_a_credit_rests_on_can_be_recomputed_from_it():
    credit = a_stated_credit()
    assert credit.measurement == Measurement(220 * 60_000 * 1_000_000, 43_200 * 60_000)
    assert credit.measurement.availability < credit.target_ratio == Fraction(1999, 2000)
    assert credit.bad_ppm_ms == sum(line.counted_ppm_ms for line in credit.lines)


def test_a_line_s_length_is_on_the_clock():
    counted, excluded = a_stated_credit().lines
    assert counted.duration_ms == 220 * 60_000
    assert excluded.duration_ms == 1


def test_a_statement_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        a_statement().number = "2023-09-000002"
