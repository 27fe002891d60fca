"""Statements: frozen snapshots that can be stored, digested and recomputed from themselves."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, fields, replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_service.domain.assessment import Measurement
from sla_service.domain.money import Money
from sla_service.domain.statements import (
    StatedCredit,
    Statement,
    StatementKind,
    snapshot_sha256,
    statement_from_json,
    statement_to_json,
    verification_code,
)
from tests.builders import a_merchant_line, a_stated_credit, a_statement, money

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
        pytest.param(FOR_A_PARTNER, id="a partner's"),
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
        tuple: tuple,
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


def test_until_when_questions_can_be_asked_is_a_date():
    assert a_statement().questions_until_date == date(2023, 11, 4)


def test_a_statement_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        a_statement().number = "2023-09-000002"
