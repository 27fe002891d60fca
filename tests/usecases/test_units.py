"""Units that come and go within a period: what is promised to each, and what each is credited."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from sla_service.domain.assessment import Assessment, Outcome, assess
from sla_service.domain.periods import midnight_ms
from sla_service.domain.windows import Window
from sla_service.formats.policy_yaml import parse_policy
from sla_service.usecases.example_evidence import example_evidence, example_facts
from sla_service.usecases.measure_merchant import MeasuredSubject, measure_gathered

ZONE = "Europe/Berlin"
SITES = {"hamburg": Fraction(5, 10), "bremen": Fraction(3, 10), "kiel": Fraction(2, 10)}
"""Shares of the fee."""
KITS = """
policy: site-kits
version: 1
effective: {from: 2023-01-01}
service: network
subject: unit
period: {kind: month, time_zone: Europe/Berlin, part: own_cycle}
indicator: {kind: windows, curve: step}
target: 99.5%
credit: {below: 99.5%, pay: 10%}
examples:
  - name: october
    fee: 900.00 EUR
    period: 2023-10
    units: [hamburg, bremen, kiel]
    impact: {from: 2023-10-20T10:00Z, to: 2023-10-20T14:00Z, unit: hamburg}
    expect: {credit: 45.00 EUR}
"""


def october(text: str, *, since: dict[str, date]) -> tuple[MeasuredSubject, Assessment]:
    """The example's month, in which some sites began on a day of their own."""
    policy = parse_policy(text)
    (example,) = policy.examples
    gathered = example_evidence(policy, example)
    (subject,) = gathered.subjects
    units = tuple(
        replace(unit, fee_share=SITES[unit.name], window=_since(unit.window, since.get(unit.name)))
        for unit in subject.units
    )
    gathered.subjects = [replace(subject, units=units)]
    (measured,) = measure_gathered(gathered)
    facts = example_facts(policy, example, gathered, measured.measurement)
    return measured, assess(policy, measured.measurement, facts)


def _since(window: Window, day: date | None) -> Window:
    return window if day is None else Window(midnight_ms(day, ZONE), window.end_ms)


MID_MONTH = date(2023, 10, 16)
FULL_MONTHS = KITS.replace("own_cycle", "no_cycle")
POOL = FULL_MONTHS.replace("subject: unit", "subject: pool")


def test_a_site_that_began_within_the_month_leaves_the_others_their_credit():
    measured, credit = october(FULL_MONTHS, since={"kiel": MID_MONTH})
    assert credit.amount.amount == "45.00", "a tenth of Hamburg's half of 900.00"
    assert [part.name for part in measured.measurement.parts] == ["hamburg", "bremen"]


def test_a_site_to_which_nothing_is_promised_is_credited_nothing():
    _, credit = october(FULL_MONTHS.replace("unit: hamburg", "unit: kiel"), since={"kiel": MID_MONTH})
    assert (credit.outcome, credit.availability) == (Outcome.MET, 1), "Hamburg and Bremen were up all the time"


def test_where_every_site_began_within_the_month_nothing_is_promised_and_the_reason_says_so():
    _, credit = october(FULL_MONTHS, since=dict.fromkeys(SITES, MID_MONTH))
    assert credit.outcome is Outcome.MET
    assert credit.reason == "every unit was there for a part of the period only, for which nothing is promised"
    assert credit.availability < 1


@pytest.mark.parametrize("text", [KITS, FULL_MONTHS])
def test_sites_of_the_whole_month_are_credited_alike(text):
    assert october(text, since={})[1].amount.amount == "45.00"


def test_sites_to_which_nothing_is_promised_leave_the_pool():
    measured, _ = october(POOL, since={"kiel": MID_MONTH})
    hours = 31 * 24 + 1
    assert measured.measurement.total_ms == 2 * hours * 3_600_000
    assert measured.measurement.availability == 1 - Fraction(4, 2 * hours)


PRORATED = KITS + "base: {of: monthly_fee, prorated: yes}\n"


def test_a_site_that_began_within_the_month_has_its_share_for_the_time_that_it_was_there():
    _, credit = october(PRORATED.replace("unit: hamburg", "unit: kiel"), since={"kiel": MID_MONTH})
    # 16 days and the hour that October gives back, of 31 and that hour.
    assert credit.unrounded_minor == Fraction(90000 * 2, 10) * Fraction(16 * 24 + 1, 31 * 24 + 1) / 10


def test_the_other_sites_shares_stay_whole():
    _, credit = october(PRORATED, since={"kiel": MID_MONTH})
    assert credit.amount.amount == "45.00"


def test_a_pool_goes_by_the_contract_alone():
    pool = PRORATED.replace("subject: unit", "subject: pool").replace("14:00Z, unit: hamburg", "20:00Z")
    _, credit = october(pool, since={"kiel": MID_MONTH})
    assert credit.amount.amount == "90.00"


@pytest.mark.parametrize(
    ("cap", "amount"),
    [
        pytest.param("{at: 100%, per: unit}", "180.00", id="of its share for the whole month"),
        pytest.param("{at: 10%, per: outage}", "18.00", id="a cap for an outage is of the share as well"),
        pytest.param("{at: 100%, of: rent, per: unit}", "100.00", id="of its share of a charge"),
        pytest.param("{at: [70.00 EUR], per: unit}", "70.00", id="an amount for each unit"),
        pytest.param("{at: 1 d, per: unit}", "5.81", id="a day of the unit"),
    ],
)
def test_a_cap_for_a_unit(cap, amount):
    text = KITS.replace("target: 99.5%\ncredit: {below: 99.5%, pay: 10%}", f"credit: {BLOCKS}\ncap: {cap}")
    text = text.replace("unit: hamburg", "unit: kiel").replace("20T14:00Z", "25T10:00Z")
    text = text.replace("    units:", "    charges: {rent: 500.00 EUR}\n    units:")
    assert october(text, since={})[1].amount.amount == amount


BLOCKS = "{kind: blocks, block: 1 h, pay: 5%, per: outage}"


def test_a_cap_for_a_unit_holds_for_all_of_its_days_together():
    text = KITS.replace("kind: month,", "kind: day,").replace("target: 99.5%\ncredit: {below: 99.5%, pay: 10%}", DAYS)
    text = text.replace("20T14:00Z", "30T14:00Z")
    assert october(text, since={})[1].amount.amount == "90.00", "a fifth of Hamburg's 450.00"


DAYS = "target: 99.5%\ncredit: {below: 99.5%, pay: 100%}\ncap: {at: 20%, per: unit}"
