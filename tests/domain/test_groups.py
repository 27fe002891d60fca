"""Credits of several policies for one merchant: the largest, or all under one cap."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_service.domain.groups import Member, grouped
from sla_service.domain.policies.payment import Group, GroupCap, GroupRule
from tests.builders import a_policy, money, percent

SUM = Group("network", GroupRule.SUM)
LARGEST = Group("network")


def members(group: Group, *credits: tuple[str, str], fee: str = "100.00 USD") -> list[Member]:
    """Each with its service and credit."""
    policy = a_policy(group=group)
    return [Member(policy, (service, "2023-01-01"), money(fee), money(credit).minor) for service, credit in credits]


def paid(found) -> list[int]:
    return [one.amount_minor for one in found]


THREE = (("apps", "80.00 USD"), ("mail", "80.00 USD"), ("sites", "0.00 USD"))


@pytest.mark.parametrize(
    ("group", "credits", "amounts"),
    [
        pytest.param(SUM, THREE, [8000, 8000, 0], id="without a cap all are paid"),
        pytest.param(LARGEST, THREE, [8000, 0, 0], id="of equal ones the first is the largest"),
        pytest.param(
            LARGEST, (("apps", "0.00 USD"), ("mail", "1.00 USD")), [0, 100], id="one alone has nothing beside it"
        ),
        pytest.param(
            replace(SUM, cap=GroupCap(percent("50"))), THREE, [8000, 7000, 0], id="who credits nothing has a fee too"
        ),
        pytest.param(
            replace(SUM, cap=GroupCap(Fraction(1, 3))), (*THREE, ("tv", "9.00 USD")), [8000, 5333, 0, 0],
            id="a third of a cent is not credited, and the last are cut first",
        ),
        pytest.param(
            replace(LARGEST, cap=GroupCap(percent("10"))), THREE, [3000, 0, 0], id="the largest, under the cap"
        ),
        pytest.param(replace(SUM, cap=GroupCap((money("90.00 USD"),))), THREE, [8000, 1000, 0], id="an amount"),
        pytest.param(
            replace(SUM, cap=GroupCap((money("1.00 EUR"),))), THREE, [8000, 8000, 0], id="of another currency"
        ),
    ],
)  # fmt: skip
def test_what_a_group_pays(group, credits, amounts):
    assert paid(grouped(members(group, *credits))) == amounts


def test_a_contract_has_its_fee_once_however_many_weeks_of_it_are_due():
    group = replace(SUM, cap=GroupCap(percent("100")))
    weeks = [("mail", "40.00 USD")] * 4
    assert paid(grouped(members(group, *weeks))) == [4000, 4000, 2000, 0]


def test_each_credit_that_is_cut_says_why_and_the_others_say_nothing():
    found = grouped(members(replace(SUM, cap=GroupCap(percent("50"))), *THREE))
    reason = "the group network credits at most USD 150.00 for a month together; USD 70.00 of it was left"
    assert [one.reason for one in found] == ["", reason, ""]
    assert [(one.limit_minor, one.left_minor) for one in found] == [(15_000, 15_000), (15_000, 7_000), (15_000, 0)]


def test_policies_that_name_different_caps_have_no_answer():
    one, two = members(replace(SUM, cap=GroupCap(percent("50"))), *THREE[:2])
    other = replace(two, policy=a_policy(policy="other", group=SUM))
    found = grouped([one, other])
    assert [(found_.is_undefined, found_.amount_minor) for found_ in found] == [(True, 0), (True, 0)]
    assert "do not have the same cap: storefront-plus v3 1/2, other v3 none" in found[0].reason


@given(
    st.lists(st.integers(0, 10**6), min_size=1, max_size=6),
    st.fractions(0, 2, max_denominator=50),
    st.integers(0, 10**6),
)
def test_a_group_never_credits_more_than_its_cap_nor_more_than_each_credit(amounts, share, fee):
    policy = a_policy(group=replace(SUM, cap=GroupCap(share)))
    all_ = [
        Member(policy, (str(i), "2023-01-01"), replace(money("0.00 USD"), minor=fee), a) for i, a in enumerate(amounts)
    ]
    found = paid(grouped(all_))
    assert sum(found) == min(sum(amounts), (share * fee * len(amounts)).__floor__())
    assert all(left <= own for left, own in zip(found, amounts, strict=True))
