"""Failing often: which rights arise, and which credits are due."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_service.domain.assessment import Measurement, Outage, Outcome, assess
from sla_service.domain.facts import Facts
from sla_service.domain.failures import NOT_DUE
from sla_service.domain.instants import HOUR_MS
from sla_service.domain.policies.credits import Gate
from sla_service.domain.policies.indicators import SubjectKind
from sla_service.domain.policies.payment import Chronic, ChronicOutages, DueAfter
from tests.builders import a_policy, available, money, percent

FEE = money("100.00 USD")


def found(policy, *figures):
    """The assessment of the last figure after the others."""
    *before, now = map(percent, figures)
    return assess(policy, available(now), Facts(FEE, history=tuple(before)))


def rights(rule, *figures, **changes):
    return found(a_policy(chronic=(rule,), target=percent("99.9"), **changes), *figures).rights


TWO_ONE_BELOW = Chronic(2, 2, "leave", in_a_row=True, one_below=percent("99"))


@pytest.mark.parametrize(
    ("rule", "figures", "arises"),
    [
        pytest.param(TWO_ONE_BELOW, ("98.9", "99.5"), True, id="the one before was below"),
        pytest.param(TWO_ONE_BELOW, ("99.5", "98.9"), True, id="this one is"),
        pytest.param(TWO_ONE_BELOW, ("99.5", "99"), False, id="exactly the edge is not below"),
        pytest.param(TWO_ONE_BELOW, ("98.9", "99.5", "99.5"), False, id="one too long ago"),
        pytest.param(TWO_ONE_BELOW, ("98.9",), False, id="once only"),
        pytest.param(
            Chronic(2, 3, "leave", in_a_row=True, one_below=percent("99")),
            ("98.9", "99.9", "99.5"),
            False,
            id="before the row was broken",
        ),
        pytest.param(
            Chronic(2, 4, "leave", one_below=percent("99")), ("98.9", "99.9", "99.5"), True, id="of any four, missed"
        ),
        pytest.param(
            Chronic(2, 4, "leave", below=percent("99.5"), one_below=percent("99.9")),
            ("99.6", "99.4"),
            False,
            id="a period that is not missed counts for nothing",
        ),
    ],
)
def test_one_of_the_missed_periods_below_an_edge(rule, figures, arises):
    assert rights(rule, *figures) == (("leave",) if arises else ())


def test_where_more_than_the_target_is_promised_exactly_it_is_missed():
    twice = Chronic(2, 2, "leave")
    assert rights(twice, "99.9", "99.9") == ()
    assert rights(twice, "99.9", "99.9", gate=Gate.ABOVE) == ("leave",)


def outages(*hours, unit=""):
    return tuple(
        Outage(n * 100 * HOUR_MS, (n * 100 + 10) * HOUR_MS, Fraction(h) * HOUR_MS, unit=unit)
        for n, h in enumerate(hours)
    )


@pytest.mark.parametrize(
    ("rule", "hours", "arises"),
    [
        pytest.param(ChronicOutages(3, "leave", 4 * HOUR_MS), (5, 5, 4), False, id="exactly four hours are not more"),
        pytest.param(ChronicOutages(3, "leave", 4 * HOUR_MS, strict=False), (5, 5, 4), True, id="but at least four"),
        pytest.param(ChronicOutages(3, "leave", 4 * HOUR_MS), (5, 5, 5, 1), True, id="a short one beside them"),
        pytest.param(ChronicOutages(2, "leave"), ("1/3600000", "1/3600000"), True, id="however short"),
        pytest.param(ChronicOutages(3, "leave"), (9, 9), False, id="two are not three"),
    ],
)
def test_outages_of_a_period_give_a_right_though_the_promise_is_kept(rule, hours, arises):
    assessed = assess(a_policy(chronic=(rule,)), replace(available(percent("100")), outages=outages(*hours)), FEE)
    assert assessed.outcome is Outcome.MET
    assert assessed.rights == (("leave",) if arises else ())


@pytest.mark.parametrize(
    ("subject", "arises"),
    [(SubjectKind.UNIT, False), (SubjectKind.POOL, True), (SubjectKind.MERCHANT, True)],
)
def test_units_one_by_one_have_outages_of_their_own(subject, arises):
    policy = a_policy(chronic=(ChronicOutages(3, "leave"),), subject=subject)
    four = (*outages(1, 1, unit="paris"), *outages(1, 1, unit="rome"))
    assert bool(assess(policy, replace(available(percent("100")), outages=four), FEE).rights) is arises


@pytest.mark.parametrize(
    ("rule", "figures", "amount"),
    [
        pytest.param(DueAfter(2, 2), ("99.8",), 0, id="the first miss"),
        pytest.param(DueAfter(2, 2), ("99.8", "99.8"), 1000, id="the second"),
        pytest.param(DueAfter(2, 2), ("99.8", "99.95", "99.8"), 0, id="one kept in between"),
        pytest.param(DueAfter(2, 3), ("99.8", "99.95", "99.8"), 1000, id="two of three"),
        pytest.param(DueAfter(2, 3, in_a_row=True), ("99.8", "99.95", "99.8"), 0, id="but not in a row"),
        pytest.param(DueAfter(2, 2, below=percent("99.5")), ("99.4", "99.8"), 0, id="missed by its own edge"),
        pytest.param(DueAfter(1, 1), ("99.8",), 1000, id="every miss"),
    ],
)
def test_a_credit_waits_until_the_promise_is_missed_often_enough(rule, figures, amount):
    assessed = found(a_policy(due_after=rule), *figures)
    assert assessed.amount.minor == amount
    assert assessed.reason == ("" if amount else NOT_DUE)
    assert assessed.outcome is (Outcome.CREDITED if amount else Outcome.NOTHING_OWED)


def test_rights_from_failing_often_do_not_wait():
    policy = a_policy(due_after=DueAfter(2, 2), chronic=(Chronic(1, 1, "a meeting"),))
    assert found(policy, "99.8").rights == ("a meeting",)


figures = st.integers(0, 20).map(lambda n: Fraction(9980 + n, 10_000))


@given(st.lists(figures, max_size=8), figures, st.integers(1, 8), st.integers(1, 8), st.booleans())
def test_it_is_as_counting_month_by_month_says(before, now, one, two, in_a_row):
    missed, of = sorted((one, two))
    target = Fraction(999, 1000)
    count = row = 0
    for n, figure in enumerate(reversed([*before, now])):
        if n < of and figure < target:
            count += 1
            row += row == n
    enough = now < target and (row if in_a_row else count) >= missed
    policy = a_policy(
        target=target, due_after=DueAfter(missed, of, in_a_row), chronic=(Chronic(missed, of, "x", None, in_a_row),)
    )
    assessed = assess(policy, Measurement((1 - now) * 10**6 * 10_000, 10_000), Facts(FEE, history=tuple(before)))
    assert assessed.rights == (("x",) if enough else ())
    assert (assessed.amount.minor > 0) is enough
