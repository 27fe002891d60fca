"""Policies: what a row covers, whose months are measured, and the digest that identifies the terms."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_service.domain.exclusions import ExclusionKind
from sla_service.domain.incidents import Curve
from sla_service.domain.money import Rounding
from sla_service.domain.policies import MERCHANT_ZONE, Policy
from sla_service.domain.policies.credits import Flat, Gate, Share, Tier, Time
from sla_service.domain.policies.cycles import CalendarMonths, PartPeriod
from sla_service.domain.policies.digest import policy_digest
from sla_service.domain.policies.downtime import ExclusionEffect, ExclusionRule, Qualify, WholeSlots
from sla_service.domain.policies.indicators import SlotMean, SubjectKind
from sla_service.domain.policies.payment import (
    Base,
    Cap,
    CapPer,
    Chronic,
    Claim,
    DueAfter,
    Group,
    SettleForm,
    Settlement,
)
from tests.builders import TIERS, a_minimum, a_policy, a_tier, an_example, percent, share
from tests.strategies import EDGES, monotone_tables, policies, tables_as_written


@pytest.mark.parametrize(
    ("availability", "covered"),
    [
        pytest.param("98.9999", False, id="below the lower edge"),
        pytest.param("99", True, id="on the lower edge"),
        pytest.param("99.5", True, id="inside"),
        pytest.param("99.95", False, id="on the upper edge"),
        pytest.param("99.96", False, id="above the upper edge"),
    ],
)
def test_a_row_from_99_to_below_99_95(availability, covered):
    assert a_tier("99", "99.95", "10").covers(percent(availability)) is covered


def test_edges_are_kept_as_written():
    row = a_tier("99", "99.95", "10", upper_inclusive=True, lower_inclusive=False)
    assert row.covers(percent("99.95"))
    assert not row.covers(percent("99"))


def test_a_row_down_to_zero_covers_what_is_below_zero():
    assert a_tier("0", "95", "100").covers(Fraction(-1, 31))
    assert not a_tier("1", "95", "100").covers(Fraction(-1, 31))


@given(monotone_tables(), st.sampled_from(EDGES) | st.fractions(-1, 1))
def test_rows_without_hole_or_overlap_cover_everything_below_the_table_s_top_once(tiers, availability):
    rows = [tier for tier in tiers if tier.covers(availability)]
    top = tiers[0].upper
    if availability < top:
        assert len(rows) == 1
    if availability > top:
        assert rows == []


def test_a_policy_is_cited_by_name_and_version():
    assert a_policy().name_and_version == "storefront-plus v3"


def test_the_policy_s_own_zone_is_measured():
    assert a_policy(time_zone="Asia/Shanghai").zone_for("Europe/Berlin") == "Asia/Shanghai"


def test_a_policy_can_measure_each_merchant_s_own_months():
    assert a_policy(time_zone=MERCHANT_ZONE).zone_for("Europe/Berlin") == "Europe/Berlin"


# Digest

ONE_CHANGE = {
    "another name": {"policy": "storefront"},
    "another version": {"version": 4},
    "another title": {"title": "Storefront"},
    "another service": {"service": "checkout"},
    "another first day": {"effective_from": date(2023, 1, 2)},
    "a last day": {"effective_to": date(2024, 1, 1)},
    "another zone": {"time_zone": "Asia/Tokyo"},
    "another method": {"curve": Curve.LINEAR},
    "another target": {"target": percent("99.9")},
    "a minimum run": {"qualify": Qualify(300_000)},
    "a strict minimum run": {"qualify": Qualify(300_000, strict=True)},
    "an exclusion": {"exclude": (ExclusionRule(ExclusionKind.MAINTENANCE),)},
    "an exclusion of another kind": {"exclude": (ExclusionRule(ExclusionKind.CUSTOMER),)},
    "an exclusion with notice": {"exclude": (ExclusionRule(ExclusionKind.MAINTENANCE, 1),)},
    "an exclusion with another effect": {
        "exclude": (ExclusionRule(ExclusionKind.MAINTENANCE, None, ExclusionEffect.NOT_MEASURED),)
    },
    "a cap": {"caps": (Cap(Fraction(1)),)},
    "another cap": {"caps": (Cap(Fraction(1, 2)),)},
    "a cap for a year": {"caps": (Cap(Fraction(1), per=CapPer.YEAR),)},
    "units": {"subject": SubjectKind.UNIT},
    "another indicator": {"indicator": SlotMean(300_000)},
    "whole minutes": {"quantise": (WholeSlots(60_000),)},
    "another period": {"period": CalendarMonths(3)},
    "a fixed denominator": {"denominator_ms": 43_200 * 60_000},
    "another way with parts of a period": {"part_period": PartPeriod.NO_CYCLE},
    "another gate": {"gate": Gate.ABOVE},
    "another function": {"credit": Flat(Share(Fraction(1, 10)))},
    "the same share of another kind": {"credit": Flat(Time(1))},
    "another base": {"base": Base(("cash",))},
    "a claim": {"claim": Claim(30)},
    "a chronic trigger": {"chronic": (Chronic(3, 6, "terminate"),)},
    "a credit from the second miss on": {"due_after": DueAfter(2, 2)},
    "a group": {"group": Group("bundle")},
    "a term for contracts that began under it": {"is_frozen_for_term": True},
    "a source": {"source": "the provider's page"},
    "a minimum": {"minimums": (a_minimum("1.00 USD"),)},
    "another minimum": {"minimums": (a_minimum("1.01 USD"),)},
    "a minimum in another currency": {"minimums": (a_minimum("1.00 EUR"),)},
    "a strict minimum": {"minimums": (a_minimum("1.00 USD", strict=True),)},
    "another rounding": {"rounding": Rounding.DOWN},
    "another settlement": {"settlement": Settlement(SettleForm.REFUND)},
    "an expiry": {"settlement": Settlement(expires_months=12)},
    "another contract": {"contract": "Master agreement, §7"},
    "a row less": {"tiers": TIERS[:2]},
    "rows in another order": {"tiers": TIERS[::-1]},
    "a row that pays more": {"tiers": (replace(TIERS[0], pays=share("11")), *TIERS[1:])},
    "a row with another upper edge": {"tiers": (replace(TIERS[0], upper=percent("99.9")), *TIERS[1:])},
    "a row with its upper edge included": {"tiers": (replace(TIERS[0], upper_inclusive=True), *TIERS[1:])},
    "a row with another lower edge": {"tiers": (replace(TIERS[0], lower=percent("98")), *TIERS[1:])},
    "a row without its lower edge": {"tiers": (replace(TIERS[0], lower_inclusive=False), *TIERS[1:])},
    "a row with a clause": {"tiers": (replace(TIERS[0], clause="7.2"), *TIERS[1:])},
}


@pytest.mark.parametrize("change", ONE_CHANGE)
def test_the_digest_changes_with_each_term(change):
    assert policy_digest(a_policy(**ONE_CHANGE[change])) != policy_digest(a_policy())


def test_all_these_changes_have_digests_of_their_own():
    digests = {change: policy_digest(a_policy(**terms)) for change, terms in ONE_CHANGE.items()}
    assert len(set(digests.values())) == len(digests)


def test_every_term_is_changed_above():
    changed = {name for terms in ONE_CHANGE.values() for name in terms}
    said_by_builder = {"curve", "tiers"}
    assert changed - said_by_builder == {field.name for field in fields(Policy)} - {"digest", "examples"}


def test_the_digest_does_not_change_with_examples_nor_with_itself():
    digest = policy_digest(a_policy())
    assert policy_digest(a_policy(examples=(an_example(),))) == digest
    assert policy_digest(a_policy(digest="ab" * 32)) == digest


def test_the_digest_is_a_sha256_in_hexadecimal():
    digest = policy_digest(a_policy())
    assert len(digest) == 64
    assert set(digest) <= set("0123456789abcdef")


def test_the_digest_is_the_same_in_every_release():
    # Issued statements carry it: if this line has to change, old documents no longer name a policy that can be found.
    assert policy_digest(a_policy()) == DIGEST_OF_THE_DEFAULT_POLICY


DIGEST_OF_THE_DEFAULT_POLICY = "a2557b72447a01244baf4eada984211fa2e049d3c693aea42229690b04c3f178"


@given(policies(tables_as_written()), policies(tables_as_written()))
def test_equal_policies_have_equal_digests_and_others_do_not(one, two):
    assert (policy_digest(one) == policy_digest(two)) == (one == two)
    assert policy_digest(replace(one)) == policy_digest(one)


def test_a_term_that_the_language_gains_later_changes_no_digest():
    # What has its default value is not in the digest, so that a file means the same when there is more to say.
    assert policy_digest(a_policy(qualify=Qualify())) == policy_digest(a_policy())


def test_a_row_without_lower_edge_goes_down_without_end():
    row = Tier(share("10"), percent("99"))
    assert row.covers(Fraction(0))
    assert row.covers(Fraction(-1, 30))


def test_a_row_without_upper_edge_goes_up_without_end():
    assert Tier(share("10"), lower=percent("99")).covers(Fraction(2))
