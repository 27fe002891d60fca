"""What a page says where the figures alone would mislead: no budget, nothing measured, nothing paid, not over."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from sla_service.domain.assessment import Measurement
from sla_service.domain.error_budget import budgets
from sla_service.domain.failures import NOT_DUE
from sla_service.domain.instants import MINUTE_MS
from sla_service.domain.money import Money
from sla_service.domain.policies.credits import Gate
from sla_service.domain.policies.cycles import PartPeriod
from sla_service.domain.policies.indicators import SubjectKind
from sla_service.domain.windows import SHARE_FULL_PPM
from sla_service.formats.texts.conventions import conventions_for
from sla_service.usecases.service_month import ServiceMonth
from sla_service.web.portal import figures, month_page, words
from tests.builders import SEPTEMBER, a_policy, a_tier

WAYS = conventions_for("en-GB", "Asia/Shanghai", "en")


def a_month(
    bad_minutes="0", *, outcome="met", issued=True, target="1999/2000", measured=True, amount="0.00", so_far=None
) -> ServiceMonth:
    bad = int(Fraction(bad_minutes) * MINUTE_MS) * SHARE_FULL_PPM
    policy = a_policy(a_tier("0", "99.95", "10"), target=Fraction(target))
    as_of_ms = SEPTEMBER.end_ms if so_far is None else SEPTEMBER.start_ms + so_far * MINUTE_MS
    found = Measurement(bad, as_of_ms - SEPTEMBER.start_ms) if measured else None
    whole = Measurement(bad, SEPTEMBER.duration_ms)
    return ServiceMonth(
        service="storefront",
        policy=policy,
        time_zone="Asia/Shanghai",
        window=SEPTEMBER,
        as_of_ms=as_of_ms,
        issued=issued,
        measurement=found,
        budgets=tuple(budgets(policy, whole)) if measured else (),
        burn=(),
        lines=(),
        steps=(),
        incidents=(),
        outcome=outcome,
        reason="no version of the policy storefront-plus is in force; publish one",
        amount=Money.parse(amount, "USD"),
        decisive=whole.decisive if measured else None,
    )


def test_a_credit_that_waits_says_so():
    waits = replace(a_month("305", outcome="nothing_owed"), reason=NOT_DUE)
    assert words.WAITS in words.answer(WAYS, waits)


@pytest.mark.parametrize(
    ("until", "said"), [("2023-10-30", "30 October 2023"), ("2023-10-04T06:00:00Z", "4 October 2023, 14:00")]
)
def test_until_when_a_claim_can_be_made_is_said_as_the_deadline_ends(until, said):
    unclaimed = replace(a_month("305", outcome="unclaimed"), claim_until=until)
    assert f"must be claimed by {said};" in words.answer(WAYS, unclaimed)
    assert f"To be claimed by {said}." in words.claim(WAYS, unclaimed)


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (a_month(), "We promised 99.95%, and kept it."),
        (a_month("21.6"), "We promised 99.95%, and kept it."),
        (a_month("305", outcome="credited", amount="29.90"), "We are crediting USD 29.90 to your account."),
        (a_month("305", outcome="credited", amount="29.90", issued=False), "USD 29.90, by what we know today."),
        (
            a_month("305", outcome="credited", amount="29.90", issued=False, so_far=3_000),
            "USD 29.90, if nothing else happens.",
        ),
        (a_month("305", outcome="below_minimum"), "smaller than the smallest one that the contract pays"),
        (a_month("305", outcome="nothing_owed"), "The contract pays nothing for it."),
        (a_month("305", outcome="undefined"), words.BY_HAND),
        (a_month(outcome="parked", measured=False), words.BY_HAND),
        (a_month(outcome="open", issued=False, so_far=3_000), "over the whole month, and are keeping it."),
    ],
    ids=[
        "kept",
        "exactly on the promise is kept",
        "credited",
        "expected",
        "expected so far",
        "below the minimum",
        "nothing owed",
        "undefined",
        "parked",
        "open",
    ],
)
def test_the_answer_says_what_follows(one, said):
    assert said in words.answer(WAYS, one)


def test_a_target_that_only_gives_the_budget_is_no_promise():
    one = a_month("305", outcome="credited", amount="29.90")
    aimed = replace(one, policy=replace(one.policy, gate=Gate.NONE))
    assert "Our target is 99.95%, and we missed it." in words.answer(WAYS, aimed)
    kept = replace(a_month(outcome="nothing_owed"), policy=aimed.policy)
    assert words.answer(WAYS, kept) == "Our target is 99.95%, and we met it."


def test_more_than_a_figure_is_promised_as_such():
    one = a_month(outcome="met")
    assert "We promised more than 99.95%, and kept it." in words.answer(
        WAYS, replace(one, policy=replace(one.policy, gate=Gate.ABOVE))
    )


def test_a_part_for_which_nothing_is_promised_is_neither_kept_nor_broken():
    one = replace(a_month("305", outcome="met"), reason="the contract ran for a part of the period only")
    part = replace(one, policy=replace(one.policy, part_period=PartPeriod.NO_CYCLE))
    assert not part.is_missed
    assert "Your contract ran for a part of the month only, for which nothing" in words.answer(WAYS, part)
    units = replace(part, policy=replace(part.policy, subject=SubjectKind.UNIT))
    assert "Each of your units was there for a part of the month only" in words.answer(WAYS, units)


def test_why_a_person_must_decide_is_not_for_the_merchant():
    one = a_month(outcome="parked", measured=False)
    assert "publish" not in words.answer(WAYS, one)
    assert words.title(WAYS, "September 2023", [one]) == "September 2023: a person is looking at your figures"


def test_exactly_on_the_promise_is_shown_as_the_promise_and_a_millisecond_less_is_not():
    assert figures.measured(WAYS, a_month("21.6")) == "99.9500%"
    assert figures.measured(WAYS, a_month(Fraction(1_296_001, 60_000))) == "99.9499%"


def test_only_all_of_the_time_is_a_hundred_per_cent():
    assert figures.measured(WAYS, a_month()) == "100%"
    assert figures.measured(WAYS, a_month(Fraction(1, 60_000))) == "99.9999%"


def test_a_promise_of_all_the_time_has_no_budget():
    whole = month_page._budget(WAYS, a_month(target="1"))
    assert (whole.value, whole.is_bad) == ("none", False)
    assert "any downtime breaks it" in whole.note
    assert month_page._budget(WAYS, a_month("1", target="1")).is_bad


def test_a_budget_that_is_just_used_up_is_not_overspent():
    used = month_page._budget(WAYS, a_month("21.6"))
    assert (used.value, used.is_bad) == ("0 min", False)


def test_of_several_promises_the_broken_ones_are_counted():
    kept, missed = a_month(), a_month("305", outcome="credited", amount="29.90")
    assert words.title(WAYS, "May 2024", [kept, kept]) == "May 2024: all our 2 promises to you were kept"
    assert words.title(WAYS, "May 2024", [kept, missed]) == "May 2024: 1 of our 2 promises to you was not kept"
    assert words.title(WAYS, "May 2024", [missed, missed]) == "May 2024: 2 of our 2 promises to you were not kept"
