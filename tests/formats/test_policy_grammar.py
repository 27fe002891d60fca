"""The grammar: every way to say a term is read, printed, refused where it is wrong, and in the JSON Schema."""

# ruff: noqa: E501 - a case is one line of its table, to be read beside the others

from __future__ import annotations

import copy
import json
import re
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import get_args

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings

from sla_service.domain.errors import InvalidValueError, Problem
from sla_service.domain.exclusions import Exclusion, ExclusionKind
from sla_service.domain.incidents import Curve, TimelinePoint
from sla_service.domain.instants import DAY_MS, HOUR_MS, MINUTE_MS, parse_instant
from sla_service.domain.money import Money
from sla_service.domain.policies import credits as c
from sla_service.domain.policies import cycles, downtime, indicators, payment
from sla_service.domain.policies.digest import policy_digest
from sla_service.domain.policies.examples import ExampleImpact, ExampleUnit, ExampleUsage, Expectation
from sla_service.domain.policies.local_windows import LocalWindow, NthWeekday, YearDays
from sla_service.domain.windows import SHARE_FULL_PPM, Window
from sla_service.formats.policy_grammar.credits import credit
from sla_service.formats.policy_grammar.cycles import PERIOD
from sla_service.formats.policy_grammar.dialect import ANY
from sla_service.formats.policy_grammar.downtime import EXCLUDE, quantise
from sla_service.formats.policy_grammar.subjects_and_indicators import INDICATOR
from sla_service.formats.policy_schema import policy_schema
from sla_service.formats.policy_yaml import parse_policy, print_policy
from tests.policy_strategies import policies

ROOT = Path(__file__).parents[2]
FILES = sorted([*(ROOT / "examples").glob("*/policies/*.yaml"), *(ROOT / "policies/published").glob("*.yaml")])
DOCUMENTED = re.findall(
    r"```yaml\n(policy:.*?|#.*?)```", (ROOT / "docs/policies.md").read_text(encoding="utf-8"), re.DOTALL
)

HEAD = """\
policy: basic
version: 1
effective: {from: 2023-01-01}
service: storefront
"""
TERMS = {
    "period": "{kind: month, time_zone: UTC}",
    "indicator": "{kind: windows, curve: step}",
    "target": "99.9%",
    "credit": "{below: 99.9%, pay: 5%}",
}
EXAMPLE = {
    "name": "one",
    "fee": "10.00 USD",
    "period": "2023-09",
    "expect": "{credit: 0.00 USD}",
}
FULL = """\
policy: full
version: 2
title: Full
effective: {from: 2023-01-01, to: 2024-01-01, frozen: yes}
service: storefront
contract: 9.3
source: https://example.org/sla
subject: unit
period: {kind: quarter, first_month: 2, time_zone: Europe/Berlin, denominator: 43200 min, part: no_cycle}
indicator: {kind: slots, slot: 1 min, bad_when: {figure: error_rate, above: 10%}, minimum_requests: {count: 20, per: slot}}
qualify: {minimum_run: 5 min, at_exactly: undefined, grace: 1 min, clock: ticket, affected: active, activity: 15 min, measured: after_exclusions, joined_within: 5 min, reported: {by: report, within: 7 d, since: start}}
exclude:
  - {kind: maintenance, notice: 72 h, effect: added_back, allowance: [4 h per month, 9 h per year shared as upkeep], confirmed: yes, covered: [x, y], within: {days: [first sunday], from: 02:00, to: 05:00, time_zone: UTC, except: 15 november to 6 january}}
  - {kind: recurring, days: [sunday], from: 02:00, to: 24:00, time_zone: merchant, effect: not_credited, allowance: 9 h per year shared as upkeep, except: [1 may to 1 may]}
  - {kind: other, notice: 5 business days, holidays: DE}
quantise: {kind: total, to: 1 min, round: up}
target: 99.9%
gate: above
credit:
  kind: sum
  of:
    - {kind: table, overlap: deepest, rows: [{below: 99.9%, above: 90%, pay: 5%, clause: 1.2}]}
    - {kind: bands, per: period, rows: {above: 0 min, up_to: 1 h, pay: [5.00 USD, 4.00 EUR]}}
    - {kind: hits, span: day, pay: 3 d, at_least: 5 min, by: outage}
base: {of: usage, share: 1/12, month: previous, covers: 30 d}
cap: {at: 25%, of: next_invoice, per: year}
minimum: {above: 1.00 USD}
rounding: down
settle: {form: voucher, expires: 30 days, unused: paid_out}
claim: {within: 15 business days, since: awareness, not_before: 5 days, holidays: CN}
chronic: {missed: 3, of: 6, in_a_row: yes, below: 99%, then: terminate}
group: {name: x, rule: sum, cap: {at: 100%}}
examples:
  name: all
  fee: 10.00 USD
  period: 2023-09
  active: {from: 2023-09-02, to: 2023-09-20}
  units: [a, {name: b, from: 2023-09-03, to: 2023-09-20}]
  impact: {from: 2023-09-19T02:00Z, to: 2023-09-19T02:01Z, share: 50%, unit: a, confirmed_at: 2023-09-19T02:00Z, ticket_at: 2023-09-19T02:00Z, reported_at: 2023-09-19T02:00Z, times: 3, every: 10 min}
  timeline: {at: 2023-09-19T02:00Z, available: 50%}
  excluded: {kind: upstream, from: 2023-09-19T02:00Z, to: 2023-09-19T02:01Z, announced: 2023-09-19T02:00Z, upstream: x, confirmed_at: 2023-09-19T02:00Z, unit: a}
  usage: {from: 2023-09-19T02:00Z, to: 2023-09-19T03:00Z, every: 1 min, requests: 10, failed: 1, tolerated: 2, users: 3, users_affected: 1, value: 1.5, unit: b}
  charges: {usage: 1000.00 USD, hourly-rate: 0.036 USD}
  credited_before: 180.00 USD
  history: [99.95%, 99.8%]
  aware: 2023-09-19T02:00Z
  claimed: 2023-10-01
  expect: {availability: 8579/8640, credit: 3.00 USD, unrounded: 1001/1000, undefined: no, tier: 0, budget: none, right: terminate, claim_until: 2023-11-01}
"""


def a_file(example: dict[str, str] | None = None, **terms: str) -> str:
    """A file with these terms; an empty one is left out."""
    said = {name: value for name, value in (TERMS | terms).items() if value}
    lines = [f"{name}: {value}\n" for name, value in said.items()]
    if example is not None:
        fields = ", ".join(f"{name}: {value}" for name, value in (EXAMPLE | example).items() if value)
        lines.append(f"examples: [{{{fields}}}]\n")
    return HEAD + "".join(lines)


def problems(text: str) -> list[Problem]:
    with pytest.raises(InvalidValueError) as refused:
        parse_policy(text)
    return list(refused.value.problems)


def percent(text: str) -> Fraction:
    return Fraction(text) / 100


def a_window(start: str, end: str) -> Window:
    return Window(parse_instant(f"2023-09-{start}Z"), parse_instant(f"2023-09-{end}Z"))


PAY = c.Share(Fraction(1, 20))
METRIC = "{kind: metric, name: latency, unit: ms}"

# What is written, and the value that it is

SAID = [
    # Stages 1 and 2
    ("subject", "pool", indicators.SubjectKind.POOL),
    ("subject", "together", indicators.Together()),
    ("subject", "{kind: together, down: 2}", indicators.Together(2)),
    ("indicator", "{kind: windows, curve: linear, overlap: largest}", indicators.Windows(Curve.LINEAR)),
    ("indicator", "{kind: slots, slot: 1 min, bad_when: {figure: error_rate, above: 10%}}", indicators.Slots(MINUTE_MS, (indicators.BadWhen(indicators.UsageFigure.ERROR_RATE, indicators.Comparison.ABOVE, Fraction(1, 10)),))),
    ("indicator", "{kind: slots, slot: 1 min, bad_when: [{figure: failures, at_least: 5}, {figure: value, below: -2.5}], minimum_requests: {count: 2000, per: slot}}", indicators.Slots(MINUTE_MS, (indicators.BadWhen(indicators.UsageFigure.FAILURES, indicators.Comparison.AT_LEAST, Fraction(5)), indicators.BadWhen(indicators.UsageFigure.VALUE, indicators.Comparison.BELOW, Fraction(-5, 2))), indicators.MinimumRequests(2000, indicators.RequestsPer.SLOT))),
    ("indicator", "{kind: slots, slot: 1 min, bad_when: {any: [{figure: error_rate, above: 5%}, {figure: value, above: 200}]}}", indicators.Slots(MINUTE_MS, (indicators.BadWhen(indicators.UsageFigure.ERROR_RATE, indicators.Comparison.ABOVE, Fraction(1, 20)), indicators.BadWhen(indicators.UsageFigure.VALUE, indicators.Comparison.ABOVE, Fraction(200))), needed=indicators.Needed.ANY)),
    ("indicator", "{kind: slots, slot: 1 min, bad_when: {any: {figure: failures, at_least: 5}}}", indicators.Slots(MINUTE_MS, (indicators.BadWhen(indicators.UsageFigure.FAILURES, indicators.Comparison.AT_LEAST, Fraction(5)),), needed=indicators.Needed.ANY)),
    ("indicator", "{kind: slots, slot: 1 min, bad_when: {figure: error_rate, at_least: 50%}, evidence: outages}", indicators.Slots(MINUTE_MS, (indicators.BadWhen(indicators.UsageFigure.ERROR_RATE, indicators.Comparison.AT_LEAST, Fraction(1, 2)),), evidence=indicators.SlotEvidence.OUTAGES)),
    ("indicator", "{kind: slot_mean, slot: 5 min, minimum_requests: {count: 10, per: slot}}", indicators.SlotMean(5 * MINUTE_MS, minimum_requests=indicators.MinimumRequests(10, indicators.RequestsPer.SLOT))),
    ("indicator", "{kind: slot_mean, slot: 5 min, idle: skipped}", indicators.SlotMean(5 * MINUTE_MS, indicators.Idle.SKIPPED)),
    ("indicator", "{kind: events, minimum_requests: {count: 1}}", indicators.Events(indicators.MinimumRequests(1))),
    ("indicator", "{kind: scored_events, tolerated: 1/4}", indicators.ScoredEvents(Fraction(1, 4))),
    ("indicator", "{kind: scored_events}", indicators.ScoredEvents()),
    ("indicator", "{kind: affected_users}", indicators.AffectedUsers()),
    # Stages 3 to 5
    ("qualify", "{longer_than: 5 min, grace: 1 min}", downtime.Qualify(5 * MINUTE_MS, strict=True, grace_ms=MINUTE_MS)),
    ("qualify", "{measured: after_exclusions, joined_within: 15 min}", downtime.Qualify(measured=downtime.RunsMeasured.AFTER_EXCLUSIONS, joined_within_ms=15 * MINUTE_MS)),
    ("qualify", "{clock: [confirmation, report]}", downtime.Qualify(clock=(downtime.Clock.CONFIRMATION, downtime.Clock.REPORT))),
    ("qualify", "{reported: {by: ticket, within: 24 h}}", downtime.Qualify(reported=downtime.Reported(downtime.ReportedBy.TICKET, DAY_MS))),
    ("qualify", "{reported: {by: report, within: 7 d, since: start}}", downtime.Qualify(reported=downtime.Reported(downtime.ReportedBy.REPORT, 7 * DAY_MS, downtime.ReportedSince.START))),
    ("qualify", "{reported: {by: ticket}}", downtime.Qualify(reported=downtime.Reported(downtime.ReportedBy.TICKET))),
    ("qualify", "{minimum_run: 5 min, at_exactly: undefined}", downtime.Qualify(5 * MINUTE_MS, exactly_undefined=True)),
    ("qualify", "{clock: report, affected: active, activity: 15 min}", downtime.Qualify(clock=(downtime.Clock.REPORT,), affected=downtime.Affected.ACTIVE, activity_ms=15 * MINUTE_MS)),
    ("exclude", "[{kind: maintenance, notice: 5 business days, holidays: DE}]", (downtime.ExclusionRule(ExclusionKind.MAINTENANCE, notice_business_days=5, holidays="DE"),)),
    ("exclude", "[{kind: maintenance, notice: 1 business day}]", (downtime.ExclusionRule(ExclusionKind.MAINTENANCE, notice_business_days=1),)),
    ("exclude", "{kind: topology, effect: added_back}", (downtime.ExclusionRule(ExclusionKind.TOPOLOGY, effect=downtime.ExclusionEffect.ADDED_BACK),)),
    ("exclude", "{kind: maintenance, allowance: 4 h per quarter}", (downtime.ExclusionRule(ExclusionKind.MAINTENANCE, allowance=downtime.Allowance(4 * HOUR_MS, downtime.AllowancePer.QUARTER)),)),
    ("exclude", "{kind: upstream, confirmed: yes, covered: AWS}", (downtime.ExclusionRule(ExclusionKind.UPSTREAM, confirmed=True, covered=("AWS",)),)),
    ("exclude", "[{kind: upstream}, {kind: upstream, notice: 1 h}]", (downtime.ExclusionRule(ExclusionKind.UPSTREAM), downtime.ExclusionRule(ExclusionKind.UPSTREAM, HOUR_MS))),
    ("exclude", "{kind: recurring, days: sunday, from: 22:30, to: 24:00, time_zone: merchant}", (downtime.RecurringRule(1350, 1440, "merchant", (6,)),)),
    ("exclude", "{kind: recurring, from: 02:00, to: 05:00, time_zone: UTC, effect: not_measured}", (downtime.RecurringRule(120, 300, "UTC", effect=downtime.ExclusionEffect.NOT_MEASURED),)),
    ("exclude", "{kind: recurring, days: [monday, first tuesday, last sunday], from: 02:00, to: 05:00, time_zone: UTC, except: 20 december to 6 january}", (downtime.RecurringRule(120, 300, "UTC", (0, NthWeekday(1, 1), NthWeekday(-1, 6)), never=(YearDays(12, 20, 1, 6),)),)),
    ("exclude", "{kind: recurring, from: 02:00, to: 05:00, time_zone: UTC, allowance: 4 h per week}", (downtime.RecurringRule(120, 300, "UTC", allowance=downtime.Allowance(4 * HOUR_MS, downtime.AllowancePer.WEEK)),)),
    ("exclude", "{kind: maintenance, allowance: [6 h per month, 12 h per contract_year]}", (downtime.ExclusionRule(ExclusionKind.MAINTENANCE, allowance=downtime.Allowance(6 * HOUR_MS), further=(downtime.Allowance(12 * HOUR_MS, downtime.AllowancePer.CONTRACT_YEAR),)),)),
    ("exclude", "[{kind: maintenance, allowance: 3 h per month shared as upkeep}, {kind: other, allowance: 3 h per month shared as upkeep}]", tuple(downtime.ExclusionRule(kind, allowance=downtime.Allowance(3 * HOUR_MS, shared="upkeep")) for kind in (ExclusionKind.MAINTENANCE, ExclusionKind.OTHER))),
    ("exclude", "{kind: maintenance, within: {days: sunday, from: 00:00, to: 06:00, time_zone: UTC}}", (downtime.ExclusionRule(ExclusionKind.MAINTENANCE, within=(LocalWindow(0, 360, "UTC", (6,)),)),)),
    ("exclude", "{kind: maintenance, within: [{from: 00:00, to: 24:00, time_zone: merchant, except: 15 november to 31 december}, {from: 22:00, to: 02:00, time_zone: UTC}]}", (downtime.ExclusionRule(ExclusionKind.MAINTENANCE, within=(LocalWindow(0, 1440, "merchant", never=(YearDays(11, 15, 12, 31),)), LocalWindow(1320, 120, "UTC"))),)),
    ("quantise", "{kind: whole_slots, slot: 1 min}", (downtime.WholeSlots(MINUTE_MS),)),
    ("quantise", "[{kind: outage, to: 1 min, round: up}, {kind: total, to: 1 h, round: nearest}]", (downtime.RoundOutage(MINUTE_MS, downtime.TimeRounding.UP), downtime.RoundTotal(HOUR_MS, downtime.TimeRounding.NEAREST))),
    ("quantise", "{kind: availability, to: 0.1%, round: down}", (downtime.RoundAvailability(percent("0.1"), downtime.TimeRounding.DOWN),)),
    # Stages 7 and 8
    ("gate", "above", c.Gate.ABOVE),
    ("credit", "[{below: 99%, pay: 5%}]", c.Table((c.Tier(PAY, percent("99")),))),
    ("credit", "{kind: table, overlap: deepest, rows: {below: 99%, pay: 5%}}", c.Table((c.Tier(PAY, percent("99")),), c.Overlap.DEEPEST)),
    ("credit", "{kind: flat, pay: 5%, per: outage}", c.Flat(PAY, c.Per.OUTAGE)),
    ("credit", "{kind: flat, pay: 1/30}", c.Flat(c.Share(Fraction(1, 30)))),
    ("credit", "{kind: flat, pay: 150%}", c.Flat(c.Share(Fraction(3, 2)))),
    ("credit", "{kind: flat, pay: 5.00 USD}", c.Flat(c.Amount((Money("USD", 500),)))),
    ("credit", "{kind: flat, pay: [5.00 USD, 4.50 EUR]}", c.Flat(c.Amount((Money("USD", 500), Money("EUR", 450))))),
    ("credit", "{kind: flat, pay: 24 h}", c.Flat(c.Time(DAY_MS))),
    ("credit", "{kind: flat, pay: right to terminate}", c.Flat(c.Right("terminate"))),
    ("credit", "{kind: multiple}", c.Multiple()),
    ("credit", "{kind: multiple, times: 102.4, of: excess, whole: 1 d}", c.Multiple(Fraction("102.4"), c.DowntimeOf.EXCESS, DAY_MS)),
    ("credit", "{kind: multiple, times: 1/30}", c.Multiple(Fraction(1, 30))),
    ("credit", "{kind: blocks, block: 30 min, pay: 5%, count: part, per: outage, after: 1 h}", c.Blocks(30 * MINUTE_MS, PAY, c.BlockCount.PART, c.Per.OUTAGE, HOUR_MS)),
    ("credit", "{kind: bands, rows: [{from: 10 min, below: 60 min, pay: 5%}, {from: 60 min, pay: 5%, clause: 4 b}]}", c.Bands((c.Band(PAY, 10 * MINUTE_MS, upper_ms=HOUR_MS), c.Band(PAY, HOUR_MS, clause="4 b")))),
    ("credit", "{kind: bands, per: period, overlap: deepest, rows: {above: 0 min, up_to: 1 h, pay: 5%}}", c.Bands((c.Band(PAY, 0, False, HOUR_MS, True),), c.Per.PERIOD, c.Overlap.DEEPEST)),
    ("credit", "{kind: hits, span: hour, pay: 5%}", c.Hits(c.Span.HOUR, PAY)),
    ("credit", "{kind: hits, span: day, pay: 5%, at_least: 5 min, by: outage}", c.Hits(c.Span.DAY, PAY, 5 * MINUTE_MS, False, c.HitBy.OUTAGE)),
    ("credit", "{kind: hits, span: day, pay: 5%, longer_than: 5 min}", c.Hits(c.Span.DAY, PAY, 5 * MINUTE_MS)),
    ("credit", "{kind: points, step: 0.1%, pay: 5%, count: part}", c.Points(percent("0.1"), PAY, c.BlockCount.PART)),
    ("credit", "{kind: manual, why: by agreement}", c.Manual("by agreement")),
    ("credit", "{kind: largest, of: [{kind: multiple}, [{below: 99%, pay: 5%}]]}", c.Stack(c.Stacking.LARGEST, (c.Multiple(), c.Table((c.Tier(PAY, percent("99")),))))),
    ("credit", "{kind: first, of: {kind: sum, of: {kind: multiple}}}", c.Stack(c.Stacking.FIRST, (c.Stack(c.Stacking.SUM, (c.Multiple(),)),))),
    # Stages 9 and 10
    ("base", "{of: [usage, support], share: 1/12, month: previous, covers: 30 d}", payment.Base(("usage", "support"), Fraction(1, 12), payment.ChargeMonth.PREVIOUS, 30 * DAY_MS)),
    ("base", "{of: period_fee, share: 50%}", payment.Base(("period_fee",), Fraction(1, 2))),
    ("cap", "[{at: 25%, of: next_invoice}, {at: 100.00 USD, per: outage}]", (payment.Cap(Fraction(1, 4), "next_invoice"), payment.Cap((Money("USD", 10000),), per=payment.CapPer.OUTAGE))),
    ("cap", "{at: [1.00 USD, 2.00 EUR], per: rolling_12_months}", (payment.Cap((Money("USD", 100), Money("EUR", 200)), per=payment.CapPer.ROLLING_12_MONTHS),)),
    ("group", "{name: x, rule: sum, cap: {at: 100%}}", payment.Group("x", payment.GroupRule.SUM, payment.GroupCap(Fraction(1)))),
    ("group", "{name: x, cap: {at: [1.00 USD, 2.00 EUR]}}", payment.Group("x", cap=payment.GroupCap((Money("USD", 100), Money("EUR", 200))))),
    ("cap", "[{at: 25%, per: quarter}, {at: 25%, per: contract_year}]", (payment.Cap(Fraction(1, 4), per=payment.CapPer.QUARTER), payment.Cap(Fraction(1, 4), per=payment.CapPer.CONTRACT_YEAR))),
    ("cap", "{at: 30 d, per: term}", (payment.Cap(30 * DAY_MS, per=payment.CapPer.TERM),)),
    ("minimum", "{at_least: 1.00 USD}", (payment.Minimum(Money("USD", 100)),)),
    ("settle", "{form: next_invoice, take_back: yes}", payment.Settlement(payment.SettleForm.NEXT_INVOICE, take_back=True)),
    ("settle", "{form: term_extension, expires: 30 days, unused: paid_out}", payment.Settlement(payment.SettleForm.TERM_EXTENSION, None, 30, payment.Unused.PAID_OUT)),
    ("settle", "{form: voucher, expires: 1 month}", payment.Settlement(payment.SettleForm.VOUCHER, 1)),
    ("claim", "automatic", None),
    ("claim", "{within: 30 days}", payment.Claim(30)),
    ("claim", "{within: 2 months, since: incident_end, not_before: 5 days}", payment.Claim(2, payment.ClaimUnit.MONTHS, payment.ClaimFrom.INCIDENT_END, 5)),
    ("claim", "{within: 15 business days, since: awareness, holidays: CN}", payment.Claim(15, payment.ClaimUnit.BUSINESS_DAYS, payment.ClaimFrom.AWARENESS, 0, "CN")),
    ("claim", "{within: 72 h, since: incident_end}", payment.Claim(72, payment.ClaimUnit.HOURS, payment.ClaimFrom.INCIDENT_END)),
    ("claim", "{within: 2 months, not_before: 5 business days, holidays: DE-BY}", payment.Claim(2, payment.ClaimUnit.MONTHS, not_before_days=5, holidays="DE-BY", not_before_unit=payment.ClaimUnit.BUSINESS_DAYS)),
    ("claim", "{within: 5 business days, not_before: {after: 0 days, since: period_end}, closed: [24 december, 31 december]}", payment.Claim(5, payment.ClaimUnit.BUSINESS_DAYS, not_before_since=payment.ClaimFrom.PERIOD_END, closed=(payment.DayOfYear(12, 24), payment.DayOfYear(12, 31)))),
    ("chronic", "{missed: 3, of: 6, in_a_row: yes, below: 99%, then: terminate}", (payment.Chronic(3, 6, "terminate", percent("99"), True),)),
    ("chronic", "{missed: 2, of: 2, one_below: 99%, then: terminate}", (payment.Chronic(2, 2, "terminate", one_below=percent("99")),)),
    ("chronic", "[{outages: 3, longer_than: 4 h, within: period, then: terminate}, {outages: 2, at_least: 1 h, then: audit}, {outages: 9, then: audit}]", (payment.ChronicOutages(3, "terminate", 4 * HOUR_MS), payment.ChronicOutages(2, "audit", HOUR_MS, False), payment.ChronicOutages(9, "audit"))),
    ("due_after", "{missed: 2, of: 3, in_a_row: yes, below: 99%}", payment.DueAfter(2, 3, True, percent("99"))),
    ("group", "{name: platform, rule: sum}", payment.Group("platform", payment.GroupRule.SUM)),
    ("source", "https://example.org/sla", "https://example.org/sla"),
]  # fmt: skip
ATTRIBUTES = {"cap": "caps", "minimum": "minimums", "settle": "settlement"}


@pytest.mark.parametrize(("term", "said", "value"), SAID, ids=[f"{term}: {said}" for term, said, _ in SAID])
def test_a_term_is_read_and_printed(term, said, value):
    policy = parse_policy(a_file(**{term: said}))
    assert getattr(policy, ATTRIBUTES.get(term, term)) == value
    assert parse_policy(print_policy(policy)) == policy


PERIODS = [
    ("kind: month", cycles.CalendarMonths()),
    ("kind: quarter", cycles.CalendarMonths(3)),
    ("kind: half_year, first_month: 4", cycles.CalendarMonths(6, 4)),
    ("kind: year, first_month: 2", cycles.CalendarMonths(12, 2)),
    ("kind: billing_month, day: 31", cycles.BillingMonth(31)),
    ("kind: week", cycles.Week()),
    ("kind: week, starts: sunday", cycles.Week(6)),
    ("kind: rolling, days: 30", cycles.RollingDays(30)),
    ("kind: incident", cycles.EachIncident()),
    ("kind: hour", cycles.EachHour()),
    ("kind: day", cycles.EachDay()),
]


@pytest.mark.parametrize(("said", "period"), PERIODS, ids=[said for said, _ in PERIODS])
def test_a_period_is_read_and_printed(said, period):
    policy = parse_policy(a_file(period=f"{{{said}, time_zone: UTC}}"))
    assert policy.period == period
    assert parse_policy(print_policy(policy)) == policy


def test_what_a_period_is_divided_by_and_a_part_of_one():
    policy = parse_policy(a_file(period="{kind: month, time_zone: UTC, denominator: 43200 min, part: unused_as_up}"))
    assert policy.denominator_ms == 30 * DAY_MS
    assert policy.part_period is cycles.PartPeriod.UNUSED_AS_UP
    assert parse_policy(a_file(period="{kind: month, time_zone: UTC, denominator: real}")).denominator_ms is None


def test_a_metric_is_promised_in_its_own_unit():
    policy = parse_policy(
        a_file(
            indicator="{kind: metric, name: latency, unit: ms, worse: higher, statistic: maximum}",
            target="200",
            credit="[{above: 200, up_to: 300.5, pay: 5%}]",
            chronic="{missed: 1, of: 2, below: 250, then: terminate}",
            quantise="{kind: availability, to: 0.5, round: up}",
            example={"history": "[180, -2.5]", "expect": "{availability: 210.25}"},
        )
    )
    assert policy.indicator == indicators.Metric("latency", "ms", indicators.Worse.HIGHER, indicators.Statistic.MAXIMUM)
    assert policy.target == 200
    assert policy.tiers == (c.Tier(PAY, Fraction("300.5"), True, Fraction(200), False),)
    assert policy.chronic[0].below == 250
    assert policy.quantise == (downtime.RoundAvailability(Fraction(1, 2), downtime.TimeRounding.UP),)
    assert policy.examples[0].history == (180, Fraction("-2.5"))
    assert policy.examples[0].expect.availability == "210.25"
    assert parse_policy(print_policy(policy)) == policy


def test_a_contract_may_keep_the_version_under_which_it_began():
    text = a_file().replace("{from: 2023-01-01}", "{from: 2023-01-01, frozen: yes}")
    assert parse_policy(text).is_frozen_for_term


@pytest.mark.parametrize("of", ["usage", "[usage]"])
def test_a_row_may_repeat_the_base(of):
    policy = parse_policy(a_file(base=f"{{of: {of}}}", credit="{below: 99%, of: usage, pay: 5%}"))
    assert policy.tiers == (c.Tier(PAY, percent("99")),)


def test_every_way_that_the_domain_knows_can_be_said():
    shapes = [INDICATOR, PERIOD.members[0].shape, EXCLUDE.item, quantise(ANY).item, credit(ANY).shape()]
    said = {variant.record.of for shape in shapes for variant in shape.variants}
    unions = (indicators.Indicator, cycles.Period, downtime.Exclude, downtime.Quantise, c.Credit)
    assert said == {value for union in unions for value in get_args(union)}


# Examples

IMPACT = "from: 2023-09-19T02:00Z, to: 2023-09-19T02:05Z"

EXAMPLES = [
    ("period", "2023-09", "first_day", date(2023, 9, 1)),
    ("active", "{from: 2023-09-10}", "active_from", date(2023, 9, 10)),
    ("active", "{to: 2023-09-10}", "active_to", date(2023, 9, 10)),
    ("units", "3", "units", (ExampleUnit("1"), ExampleUnit("2"), ExampleUnit("3"))),
    ("units", "[north, 2]", "units", (ExampleUnit("north"), ExampleUnit("2"))),
    ("units", "[{name: tokyo, share: 50%, from: 2023-09-16}, {name: osaka, share: 1/3, to: 2023-09-20}]", "units", (ExampleUnit("tokyo", Fraction(1, 2), date(2023, 9, 16)), ExampleUnit("osaka", Fraction(1, 3), None, date(2023, 9, 20)))),
    ("impact", f"[{{{IMPACT}, share: 50%, unit: a}}]", "impact", (ExampleImpact(a_window("19T02:00", "19T02:05"), 500_000, "a"),)),
    ("impact", f"[{{{IMPACT}, ticket_at: 2023-09-19T02:01Z, times: 2, every: 1 h}}]", "impact", tuple(ExampleImpact(a_window(f"19T0{h}:00", f"19T0{h}:05"), ticket_at_ms=parse_instant(f"2023-09-19T0{h}:01Z")) for h in (2, 3))),
    ("timeline", "[{at: 2023-09-19T02:00Z, available: 50%}, {at: 2023-09-19T03:00Z, available: 100%}]", "timeline", (TimelinePoint(parse_instant("2023-09-19T02:00Z"), 500_000), TimelinePoint(parse_instant("2023-09-19T03:00Z"), SHARE_FULL_PPM))),
    ("excluded", f"[{{kind: upstream, {IMPACT}, upstream: AWS, confirmed_at: 2023-09-20T00:00Z}}]", "excluded", (Exclusion("E1", ExclusionKind.UPSTREAM, "storefront", a_window("19T02:00", "19T02:05"), "", upstream="AWS", confirmed_at_ms=parse_instant("2023-09-20T00:00Z")),)),
    ("excluded", f"[{{kind: other, {IMPACT}, unit: kiel}}]", "excluded", (Exclusion("E1", ExclusionKind.OTHER, "storefront", a_window("19T02:00", "19T02:05"), "", unit="kiel"),)),
    ("usage", f"[{{{IMPACT}, requests: 10, failed: 1}}]", "usage", (ExampleUsage(a_window("19T02:00", "19T02:05"), 10, 1),)),
    ("usage", f"[{{{IMPACT}, every: 1 min, value: 1.5}}]", "usage", tuple(ExampleUsage(a_window(f"19T02:0{m}", f"19T02:0{m + 1}"), value=Fraction(3, 2)) for m in range(5))),
    ("charges", "{recurring: 1000.00 USD, hourly_rate: 0.036 USD}", "charges", (("recurring", Fraction(1000), "USD"), ("hourly_rate", Fraction("0.036"), "USD"))),
    ("charges", "{recurring: [1.00 USD, 0.036 USD]}", "charges", (("recurring", Fraction(1), "USD"), ("recurring", Fraction("0.036"), "USD"))),
    ("credited_before", "180.00 USD", "credited_before", Money("USD", 18000)),
    ("credited_before", "26 d", "credited_before", 26 * DAY_MS),
    ("history", "[99.95%, 99.8%]", "history", (percent("99.95"), percent("99.8"))),
    ("history", "99.8%", "history", (percent("99.8"),)),
    ("aware", "2023-09-19T02:00Z", "aware_at_ms", parse_instant("2023-09-19T02:00Z")),
    ("claimed", "2023-10-01", "claimed_on", date(2023, 10, 1)),
    ("claimed", "2023-10-01T02:00Z", "claimed_at_ms", parse_instant("2023-10-01T02:00Z")),
    ("expect", "{right: [terminate, audit], claim_until: 2023-11-01T02:00Z}", "expect", Expectation(rights=("terminate", "audit"), claim_until=parse_instant("2023-11-01T02:00Z"))),
    ("expect", "{availability: -1/30, unrounded: 1001/1000, tier: 0}", "expect", Expectation("-1/30", unrounded=Fraction(1001, 1000), tier=0)),
    ("expect", "{credit: 3 d, budget: 125/108}", "expect", Expectation(credit=3 * DAY_MS, budget=Fraction(125, 108))),
    ("expect", "{budget: none, right: terminate, claim_until: 2023-11-01}", "expect", Expectation(budget="none", rights=("terminate",), claim_until=date(2023, 11, 1))),
    ("expect", "{undefined: yes}", "expect", Expectation(undefined=True)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("field", "said", "attribute", "value"), EXAMPLES, ids=[f"{field}: {said}" for field, said, _, _ in EXAMPLES]
)
def test_a_field_of_an_example_is_read_and_printed(field, said, attribute, value):
    policy = parse_policy(a_file({field: said}))
    assert getattr(policy.examples[0], attribute) == value
    assert parse_policy(print_policy(policy)) == policy


@pytest.mark.parametrize(
    ("period", "day"),
    [("kind: week, starts: sunday", "2023-09-03"), ("kind: billing_month, day: 31", "2023-09-30")],
)
def test_a_period_that_is_no_month_begins_on_a_day(period, day):
    policy = parse_policy(a_file({"period": day}, period=f"{{{period}, time_zone: UTC}}"))
    assert str(policy.examples[0].first_day) == day
    assert f"period: {day}\n" in print_policy(policy)


def test_an_example_needs_no_fee_where_the_base_is_a_charge():
    policy = parse_policy(a_file({"fee": "", "charges": "{usage: 10.00 USD}"}, base="{of: usage}"))
    assert policy.examples[0].fee is None


@pytest.mark.parametrize(
    ("field", "said", "printed"),
    [
        ("impact", f"[{{{IMPACT}, times: 433, every: 10 min}}]", "times: 433, every: 10 min}"),
        ("usage", "[{from: 2023-09-01T00:00Z, to: 2023-10-01T00:00Z, every: 1 min, requests: 9}]", "to: 2023-10-01T00:00Z, requests: 9, every: 1 min}"),
    ],
    ids=["impact", "usage"],
)  # fmt: skip
def test_what_comes_again_is_printed_once(field, said, printed):
    assert printed in print_policy(parse_policy(a_file({field: said})))


# Refusals

REFUSED = [
    # (id, term, what is written, rule, path, part of the message)
    ("an indicator without its kind", "indicator", "{curve: step}", "field_missing", "indicator.kind", "add `kind`"),
    ("an indicator misspelt", "indicator", "{kind: slot, curve: step}", "choice", "indicator.kind", "did you mean `slots`?"),
    ("a method misspelt", "indicator", "{kind: windows, curve: liner}", "choice", "indicator.curve", "did you mean `linear`?"),
    ("a field of another indicator", "indicator", "{kind: events, curve: step}", "unknown_field", "indicator.curve", "there is no field `curve`"),
    ("slots that are never bad", "indicator", "{kind: slots, slot: 1 min, bad_when: []}", "conditions_missing", "indicator.bad_when", "say when a slot is bad"),
    ("conditions of which none and all are needed", "indicator", "{kind: slots, slot: 1 min, bad_when: {any: {figure: value, above: 1}, all: {figure: value, above: 1}}}", "exclusive_fields", "indicator.bad_when", "give `all` or `any`"),
    ("values that outages do not tell", "indicator", "{kind: slots, slot: 1 min, bad_when: {figure: value, above: 1}, evidence: outages}", "outages_only", "indicator.bad_when", "write an `error_rate`"),
    ("requests that outages do not tell", "indicator", "{kind: slots, slot: 1 min, bad_when: {figure: error_rate, above: 1%}, minimum_requests: {count: 2}, evidence: outages}", "outages_only", "indicator.minimum_requests", "outages tell no requests"),
    ("any of no conditions", "indicator", "{kind: slots, slot: 1 min, bad_when: {any: []}}", "conditions_missing", "indicator.bad_when.any", "say when a slot is bad"),
    ("conditions beside the word", "indicator", "{kind: slots, slot: 1 min, bad_when: {any: {figure: value, above: 1}, figure: value}}", "unknown_field", "indicator.bad_when.figure", "any"),
    ("a condition without an edge", "indicator", "{kind: slots, slot: 1 min, bad_when: {figure: value}}", "exclusive_fields", "indicator.bad_when", "give one of `above`, `at_least`, `below` or `at_most`"),
    ("a condition with two edges", "indicator", "{kind: slots, slot: 1 min, bad_when: {figure: value, above: 1, below: 3}}", "exclusive_fields", "indicator.bad_when", "give one of `above`"),
    ("an error rate without sign", "indicator", "{kind: slots, slot: 1 min, bad_when: {figure: error_rate, above: 10}}", "percent_format", "indicator.bad_when.above", "with its sign"),
    ("failures in per cent", "indicator", "{kind: slots, slot: 1 min, bad_when: {figure: failures, above: 10%}}", "number_format", "indicator.bad_when.above", "write a plain number"),
    ("a figure that does not exist", "indicator", "{kind: slots, slot: 1 min, bad_when: {figure: errors, above: 10%}}", "choice", "indicator.bad_when.figure", "write one of: error_rate, failures, value"),
    ("a score above 1", "indicator", "{kind: scored_events, tolerated: 1.5}", "number_range", "indicator.tolerated", "from 0 to 1"),
    ("a subject that does not exist", "subject", "merchnt", "choice", "subject", "did you mean `merchant`?"),
    ("`at_exactly` without a minimum", "qualify", "{at_exactly: undefined}", "field_needs", "qualify.at_exactly", "needs a `minimum_run`"),
    ("`at_exactly` with a strict minimum", "qualify", "{longer_than: 5 min, at_exactly: undefined}", "field_needs", "qualify.at_exactly", "needs a `minimum_run`"),
    ("a clock beside the failure itself", "qualify", "{clock: [ticket, failure]}", "clock_idle", "qualify.clock[2]", "write it alone"),
    ("a clock twice", "qualify", "{clock: [ticket, ticket]}", "duplicate_rule", "qualify.clock[2]", "`ticket` is there twice"),
    ("no clock at all", "qualify", "{clock: []}", "clock_missing", "qualify.clock", "failure, confirmation, ticket or report"),
    ("an edge without a time after it", "qualify", "{reported: {by: ticket, since: start}}", "field_needs", "qualify.reported.since", "needs a `within`"),
    ("a report by nobody", "qualify", "{reported: {within: 24 h}}", "field_missing", "qualify.reported.by", "add `by`"),
    ("several words where one goes", "rounding", "[half_up, down]", "type_scalar", "rounding", "write one of these here: half_up, half_even, down, up"),
    ("several words of a list's item", "qualify", "{clock: [[ticket, report]]}", "type_scalar", "qualify.clock[1]", "write one of these here: failure, confirmation, ticket, report"),
    ("activity of everyone", "qualify", "{activity: 5 min}", "field_needs", "qualify.activity", "needs `affected: active`"),
    ("holidays without business days", "exclude", "{kind: maintenance, notice: 72 h, holidays: DE}", "field_needs", "exclude.holidays", "a notice in business days"),
    ("a notice of no days", "exclude", "{kind: maintenance, notice: 0 business days}", "duration_format", "exclude.notice", "such as 72 h, 10 d or 5 business days"),
    ("a notice in months", "exclude", "{kind: maintenance, notice: 1 month}", "duration_format", "exclude.notice", "or 5 business days"),
    ("an allowance without its span", "exclude", "{kind: maintenance, allowance: 4 h}", "allowance_format", "exclude.allowance", "such as 4 h per month"),
    ("a day of the week twice", "exclude", "{kind: recurring, days: [monday, monday], from: 02:00, to: 03:00, time_zone: UTC}", "duplicate_rule", "exclude.days[2]", "this day is there twice"),
    ("a day of the week misspelt", "exclude", "{kind: recurring, days: [mondey], from: 02:00, to: 03:00, time_zone: UTC}", "choice", "exclude.days[1]", "did you mean `monday`?"),
    ("a time of day that does not exist", "exclude", "{kind: recurring, from: 2:00, to: 03:00, time_zone: UTC}", "clock_format", "exclude.from", "such as 02:00"),
    ("a start at the end of the day", "exclude", "{kind: recurring, from: 24:00, to: 03:00, time_zone: UTC}", "clock_format", "exclude.from", "write 00:00"),
    ("the fifth of a day of the week", "exclude", "{kind: recurring, days: fifth monday, from: 02:00, to: 03:00, time_zone: UTC}", "choice", "exclude.days", "such as second tuesday"),
    ("a day of the year that does not exist", "exclude", "{kind: recurring, from: 02:00, to: 03:00, time_zone: UTC, except: 30 february to 1 march}", "year_days_format", "exclude.except", "february has 29 days"),
    ("days of the year in figures", "exclude", "{kind: recurring, from: 02:00, to: 03:00, time_zone: UTC, except: 11-15}", "year_days_format", "exclude.except", "such as 15 november to 31 december"),
    ("within no window", "exclude", "{kind: maintenance, within: []}", "windows_missing", "exclude.within", "leave `within` out"),
    ("a window without its end", "exclude", "{kind: maintenance, within: [{from: 02:00, time_zone: UTC}]}", "field_missing", "exclude.within[1].to", "add `to`"),
    ("a window from the end of a day", "exclude", "{kind: maintenance, within: {from: 24:00, to: 03:00, time_zone: UTC}}", "clock_format", "exclude.within.from", "write 00:00"),
    ("windows within which a window comes again", "exclude", "{kind: recurring, from: 02:00, to: 03:00, time_zone: UTC, within: {from: 02:00, to: 03:00, time_zone: UTC}}", "unknown_field", "exclude.within", "known here: kind, days"),
    ("no allowance in a list", "exclude", "{kind: maintenance, allowance: []}", "allowance_missing", "exclude.allowance", "such as 4 h per month"),
    ("two allowances per month", "exclude", "{kind: maintenance, allowance: [4 h per month, 6 h per month]}", "duplicate_rule", "exclude.allowance[2]", "the smaller one says it all"),
    ("an allowance that nobody shares", "exclude", "[{kind: maintenance, allowance: 4 h per month shared as upkeep}, {kind: other, allowance: 4 h per month shared as up-keep}, {kind: customer, allowance: 4 h per month shared as up-keep}]", "allowance_shared", "exclude", "no other rule has an allowance `shared as upkeep`"),
    ("a shared allowance that is two", "exclude", "[{kind: maintenance, allowance: 4 h per month shared as upkeep}, {kind: other, allowance: 5 h per month shared as upkeep}]", "allowance_shared", "exclude", "write the same one in each"),
    ("yes in other words", "exclude", "{kind: upstream, confirmed: maybe}", "choice", "exclude.confirmed", "write one of: yes, no"),
    ("a notice for a recurring window", "exclude", "{kind: recurring, from: 02:00, to: 03:00, time_zone: UTC, notice: 1 h}", "unknown_field", "exclude.notice", "known here: kind, days"),
    ("a rounding without its way", "quantise", "{kind: total, to: 1 h}", "field_missing", "quantise.round", "add `round`"),
    ("availability rounded to nothing", "quantise", "{kind: availability, to: 0%, round: up}", "target_range", "quantise.to", "a step is above 0%"),
    ("a month that begins elsewhere", "period", "{kind: month, first_month: 2, time_zone: UTC}", "unknown_field", "period.first_month", "there is no field `first_month`"),
    ("a period misspelt", "period", "{kind: quarterly, first_month: 2, time_zone: UTC}", "choice", "period.kind", "did you mean `quarter`?"),
    ("a billing month without its day", "period", "{kind: billing_month, time_zone: UTC}", "field_missing", "period.day", "add `day`"),
    ("a day that no month has", "period", "{kind: billing_month, day: 32, time_zone: UTC}", "number_range", "period.day", "write a whole number from 1 to 31"),
    ("a 13th month", "period", "{kind: year, first_month: 13, time_zone: UTC}", "number_range", "period.first_month", "from 1 to 12"),
    ("a gate without a target", "target", "", "field_missing", "target", "add `target`"),
    ("a credit without its kind", "credit", "{pay: 5%}", "field_missing", "credit.kind", "add `kind`"),
    ("a credit misspelt", "credit", "{kind: block, block: 1 h, pay: 5%}", "choice", "credit.kind", "did you mean `blocks`?"),
    ("a row without an edge", "credit", "[{pay: 5%}]", "tier_edge", "credit[1]", "give an edge"),
    ("a row for nothing", "credit", "{below: 99%, from: 99%, pay: 5%}", "tier_empty", "credit", "nothing lies between"),
    ("a band the wrong way round", "credit", "{kind: bands, rows: {from: 2 h, below: 1 h, pay: 5%}}", "tier_reversed", "credit.rows", "the lower edge is above"),
    ("bands without rows", "credit", "{kind: bands, rows: []}", "tiers_missing", "credit.rows", "add at least one row"),
    ("a stack of nothing", "credit", "{kind: sum, of: []}", "credits_missing", "credit.of", "add at least one credit"),
    ("a problem deep in a stack", "credit", "{kind: sum, of: [{kind: multiple}, [{below: 99%, pay: 5}]]}", "pay_format", "credit.of[2][1].pay", "write a share such as 10%"),
    ("two amounts in a currency", "credit", "{kind: flat, pay: [1.00 USD, 2.00 USD]}", "duplicate_rule", "credit.pay[2]", "two amounts in USD"),
    ("an amount with too many decimals", "credit", "{kind: flat, pay: 1.001 USD}", "minor_units", "credit.pay", "USD has 2 decimals"),
    ("an allowance of each outage", "credit", "{kind: blocks, block: 30 min, pay: 5%, of: excess, per: outage}", "field_needs", "credit.per", "no outage has an allowance of its own"),
    ("two free times", "credit", "{kind: blocks, block: 30 min, pay: 5%, of: excess, after: 1 h}", "exclusive_fields", "credit.after", "give `of: excess` or `after`"),
    ("a cap for a unit where there are none", "cap", "{at: 100%, per: unit}", "field_needs", "cap", "goes with `subject: unit`"),
    ("two lengths of a hit", "credit", "{kind: hits, span: hour, pay: 5%, at_least: 1 min, longer_than: 1 min}", "exclusive_fields", "credit", "give `longer_than` or `at_least`, not both"),
    ("no times", "credit", "{kind: multiple, times: 0}", "number_range", "credit.times", "above 0"),
    ("the next invoice as a base", "base", "{of: next_invoice}", "base_unknown", "base.of", "only a cap can be of the next invoice"),
    ("a charge twice", "base", "{of: [usage, usage]}", "duplicate_rule", "base.of[2]", "`usage` is there twice"),
    ("a base that is no kind of charge", "base", "{of: Monthly Fee}", "name_format", "base.of", "small letters"),
    ("an amount of something", "cap", "{at: 1.00 USD, of: usage}", "field_needs", "cap.of", "`of` goes with a share"),
    ("a right as a cap", "cap", "{at: right to terminate}", "pay_format", "cap.at", "write a share such as 25%"),
    ("a cap that is only a number", "cap", "{at: 15}", "pay_format", "cap.at", "an amount such as 100.00 USD, or a time such as 3 d"),
    ("a cap below nothing", "cap", "{at: -5%}", "number_range", "cap.at", "must not be negative"),
    ("a share below nothing", "credit", "{kind: flat, pay: -5%}", "number_range", "credit.pay", "must not be negative"),
    ("a time below nothing", "credit", "{kind: flat, pay: -3 d}", "number_range", "credit.pay", "must not be negative"),
    ("an amount below nothing", "credit", "{kind: flat, pay: -3.00 USD}", "amount_range", "credit.pay", "not negative"),
    ("half a minute more", "credit", "{kind: flat, pay: 1.5 min}", "duration_format", "credit.pay", "such as 30 s, 5 min"),
    ("an edge below nothing", "credit", "{below: -99%, pay: 5%}", "number_range", "credit.below", "must not be negative"),
    ("a minimum without its currency", "minimum", "{above: 1.00}", "currency_unknown", "minimum.above", "write it with its currency, such as 1.00 USD"),
    ("a minimum in per cent", "minimum", "{at_least: 5%}", "currency_unknown", "minimum.at_least", "a minimum is an amount"),
    ("a clause with a colon", "contract", "schedule B: section 4", "yaml_syntax", "", "a text with a colon in it goes in quotes"),
    ("a reason with a colon", "credit", "{kind: manual, why: see 4: credits}", "yaml_syntax", "", "a text with a colon in it goes in quotes"),
    ("a text that begins with a sign", "contract", "@home", "yaml_syntax", "", "put the text in quotes"),
    ("the same cap twice", "cap", "[{at: 25%}, {at: 25%, per: period}]", "duplicate_rule", "cap[2]", "this cap is there twice"),
    ("a deadline without unit", "claim", "{within: 30}", "duration_format", "claim.within", "such as 30 days, 15 business days, 2 months or 72 h"),
    ("holidays in calendar days", "claim", "{within: 30 days, holidays: CN}", "field_needs", "claim.holidays", "business days"),
    ("a country in words", "claim", "{within: 30 business days, holidays: China}", "country_format", "claim.holidays", "two letters"),
    ("a part of a country in words", "claim", "{within: 30 business days, holidays: DE-Bavaria}", "country_format", "claim.holidays", "such as DE-BY"),
    ("closed days in calendar days", "claim", "{within: 30 days, closed: 24 december}", "field_needs", "claim.closed", "in business days"),
    ("a closed day that is none", "claim", "{within: 3 business days, closed: [30 february]}", "day_of_year_format", "claim.closed[1]", "february has 29 days"),
    ("a closed day with its year", "claim", "{within: 3 business days, closed: [2023-12-24]}", "day_of_year_format", "claim.closed[1]", "such as 24 december"),
    ("a closed day twice", "claim", "{within: 3 business days, closed: [24 december, 24 december]}", "duplicate_rule", "claim.closed[2]", "24 december is there twice"),
    ("an earliest day in months", "claim", "{within: 3 months, not_before: 1 months}", "duration_format", "claim.not_before", "such as 5 days or 5 business days"),
    ("an earliest day from nowhere", "claim", "{within: 3 months, not_before: {after: 1 days}}", "field_missing", "claim.not_before.since", "add `since`"),
    ("outages in days across periods", "chronic", "{outages: 3, within: 30 days, then: terminate}", "choice", "chronic.within", "write `period`: outages are counted within one period"),
    ("outages and periods", "chronic", "{outages: 3, missed: 3, then: terminate}", "unknown_field", "chronic.missed", "there is no field `missed`"),
    ("no outages", "chronic", "{outages: 0, then: terminate}", "number_range", "chronic.outages", "from 1 to 1000"),
    ("due after more than there are", "due_after", "{missed: 3, of: 2}", "range", "due_after.missed", "3 of 2 periods cannot be missed"),
    ("more missed than there are", "chronic", "{missed: 7, of: 6, then: terminate}", "range", "chronic.missed", "7 of 6 periods cannot be missed"),
    ("too many periods", "chronic", "{missed: 7, of: 61, then: terminate}", "number_range", "chronic.of", "from 1 to 60"),
    ("a group's cap in time", "group", "{name: x, cap: {at: 3 d}}", "pay_format", "group.cap.at", "write a share such as 100%, or an amount"),
    ("a group without name", "group", "{rule: sum}", "field_missing", "group.name", "add `name`"),
    ("a source too long", "source", "x" * 501, "text", "source", "up to 500 characters"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("term", "said", "rule", "path", "hint"), [pytest.param(*row[1:], id=row[0]) for row in REFUSED]
)
def test_a_wrong_term_is_refused_at_its_place(term, said, rule, path, hint):
    text = a_file(**{term: said}) + ("gate: above\n" if term == "target" else "")
    (problem,) = problems(text)
    assert (problem.rule, problem.path) == (rule, path)
    assert hint in problem.message
    lines = text.splitlines()
    assert problem.line == (
        1 if term == "target" else next(i for i, one in enumerate(lines, 1) if one.startswith(f"{term}:"))
    )


REFUSED_EXAMPLES = [
    ("no fee though the base is one", {"fee": ""}, "field_missing", "examples[1].fee", "add `fee`"),
    ("a day for a month", {"period": "2023-09-01"}, "period_format", "examples[1].period", "YYYY-MM"),
    ("an end of the contract before its start", {"active": "{from: 2023-09-10, to: 2023-09-10}"}, "interval_reversed", "examples[1].active.to", "is not after"),
    ("a unit without a share beside one with it", {"units": "[{name: a, share: 50%}, b]"}, "field_missing", "examples[1].units", "give every unit its `share`"),
    ("units of more than the fee", {"units": "[{name: a, share: 50%}, {name: b, share: 51%}]"}, "range", "examples[1].units", "more than the whole fee"),
    ("a unit that ends before it begins", {"units": "[{name: a, from: 2023-09-03, to: 2023-09-03}]"}, "interval_reversed", "examples[1].units[1].to", "is not after"),
    ("charges of a period in two currencies", {"fee": "", "charges": "{usage: [1.00 USD, 1.00 EUR, 1.00 USD]}"}, "currency_mismatch", "examples[1].charges.usage", "several currencies"),
    ("a unit twice", {"units": "[a, a]"}, "duplicate_rule", "examples[1].units[2]", "`a` is there twice"),
    ("no units", {"units": "0"}, "number_range", "examples[1].units", "from 1 to"),
    ("an exclusion of a unit that the contract does not have", {"units": "2", "excluded": f"[{{kind: other, {IMPACT}, unit: 3}}]"}, "unit_unknown", "examples[1].excluded", "`units` does not have 3"),
    ("a unit that the contract does not have", {"units": "2", "impact": f"[{{{IMPACT}, unit: 3}}]"}, "unit_unknown", "examples[1].impact", "`units` does not have 3"),
    ("times without every", {"impact": f"[{{{IMPACT}, times: 2}}]"}, "field_needs", "examples[1].impact[1]", "need each other"),
    ("times that go beyond all days", {"impact": f"[{{{IMPACT}, times: 100000, every: 1 d}}]"}, "instant_range", "examples[1].impact[1]", "after the year 2099"),
    ("every without times", {"impact": f"[{{{IMPACT}, every: 1 h}}]"}, "field_needs", "examples[1].impact[1]", "need each other"),
    ("too many times", {"impact": f"[{{{IMPACT}, times: 100001, every: 1 s}}]"}, "number_range", "examples[1].impact[1].times", "from 2 to 100000"),
    ("a timeline that goes back", {"timeline": "[{at: 2023-09-19T03:00Z, available: 50%}, {at: 2023-09-19T02:00Z, available: 100%}]"}, "timeline_order", "examples[1].timeline[2]", "goes back or stands still"),
    ("an excluded window of no kind", {"excluded": f"[{{{IMPACT}}}]"}, "field_missing", "examples[1].excluded[1].kind", "add `kind`"),
    ("slots that do not fit", {"usage": f"[{{{IMPACT}, every: 2 min}}]"}, "every_uneven", "examples[1].usage[1].every", "whole number of `every`"),
    ("too many slots", {"usage": "[{from: 2023-01-01T00:00Z, to: 2023-12-31T00:00Z, every: 1 s}]"}, "too_many", "examples[1].usage[1].every", "write a longer `every`"),
    ("more failures than requests", {"usage": f"[{{{IMPACT}, requests: 1, failed: 1, tolerated: 1}}]"}, "range", "examples[1].usage[1]", "more failed and tolerated requests"),
    ("more users affected than there are", {"usage": f"[{{{IMPACT}, users: 1, users_affected: 2}}]"}, "range", "examples[1].usage[1]", "more `users_affected`"),
    ("a charge without currency", {"charges": "{usage: 1.00}"}, "currency_unknown", "examples[1].charges.usage", "with its currency"),
    ("a charge in capitals", {"charges": "{Usage: 1.00 USD}"}, "name_format", "examples[1].charges.Usage", "small letters"),
    ("a charge in another currency", {"charges": "{usage: 1.00 EUR}"}, "currency_mismatch", "examples[1].charges.usage", "the fee is in USD"),
    ("earlier credits in another currency", {"credited_before": "1.00 EUR"}, "currency_mismatch", "examples[1].credited_before", "the fee is in USD"),
    ("a credit in another currency", {"expect": "{credit: 1.00 EUR}"}, "currency_mismatch", "examples[1].expect.credit", "so the credit is too"),
    ("nothing expected", {"expect": "{undefined: no}"}, "expectation_missing", "examples[1].expect", "expect an `availability`, a `credit`"),
    ("the same right twice", {"expect": "{right: [terminate, terminate]}"}, "duplicate_rule", "examples[1].expect.right[2]", "`terminate` is there twice"),
    ("no right at all", {"expect": "{right: []}"}, "rights_missing", "examples[1].expect.right", "or write `none`"),
    ("a claim at no time", {"claimed": "2023-10-01T02:00"}, "offset_required", "examples[1].claimed", "add Z or an offset"),
    ("an undefined credit", {"expect": "{undefined: yes, credit: 1.00 USD}"}, "exclusive_fields", "examples[1].expect", "not both"),
    ("a parked result", {"expect": "{parked: yes, tier: 1}"}, "exclusive_fields", "examples[1].expect", "where nothing is measured, nothing follows"),
    ("parked and undefined", {"expect": "{parked: yes, undefined: yes}"}, "exclusive_fields", "examples[1].expect", "nothing beside"),
    ("an availability with two decimals", {"expect": "{availability: 99.29%}"}, "ratio_format", "examples[1].expect.availability", "99.2939%"),
    ("an expectation misspelt", {"expect": "{credti: 1.00 USD}"}, "unknown_field", "examples[1].expect.credti", "did you mean `credit`?"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("example", "rule", "path", "hint"), [pytest.param(*row[1:], id=row[0]) for row in REFUSED_EXAMPLES]
)
def test_a_wrong_example_is_refused_at_its_place(example, rule, path, hint):
    text = a_file(example)
    found = problems(text)
    assert (rule, path) in {(problem.rule, problem.path) for problem in found}
    assert hint in "".join(problem.message for problem in found)
    assert {problem.line for problem in found} == {len(text.splitlines())}


@pytest.mark.parametrize(
    ("terms", "path"),
    [
        ({"target": "", "credit": "{kind: points, step: 1%, pay: 5%}"}, "target"),
        ({"target": "", "credit": "{kind: sum, of: [{kind: multiple, of: excess}]}"}, "target"),
        ({"target": "", "chronic": "{missed: 1, of: 2, then: terminate}"}, "target"),
        ({"target": "", "due_after": "{missed: 1, of: 2}"}, "target"),
        ({"indicator": METRIC, "target": "200", "credit": "{above: 99%, pay: 5%}"}, "credit.above"),
        ({"indicator": METRIC, "target": "99%", "credit": "{above: 200, pay: 5%}"}, "target"),
        ({"target": "200"}, "target"),
        ({"base": "{of: usage}", "credit": "{below: 99%, of: monthly_fee, pay: 5%}"}, "credit.of"),
        ({"base": "{of: [usage, support]}", "credit": "{below: 99%, of: usage, pay: 5%}"}, "credit.of"),
    ],
    ids=[
        "points count from the target",
        "the excess is beyond the target",
        "missed means the target",
        "a credit waits for the target to be missed",
        "a metric's row in per cent",
        "a metric's target in per cent",
        "a target as a number",
        "a row with another base",
        "a row with a part of the base",
    ],
)
def test_terms_that_do_not_go_together_are_refused(terms, path):
    (problem,) = problems(a_file(**terms))
    assert problem.path == path


@pytest.mark.parametrize(
    ("period", "day", "rule"),
    [
        ("kind: week", "2023-09", "period_format"),
        ("kind: week", "2023-09-05", "period_start"),
        ("kind: billing_month, day: 15", "2023-09-14", "period_start"),
    ],
)
def test_the_first_day_of_an_example_is_that_of_its_period(period, day, rule):
    (problem,) = problems(a_file({"period": day}, period=f"{{{period}, time_zone: UTC}}"))
    assert (problem.rule, problem.path) == (rule, "examples[1].period")


def test_a_share_of_the_fee_asks_for_one_even_where_credits_extend_the_term():
    terms = {"settle": "{form: term_extension}", "target": "99%"}
    parse_policy(a_file({"fee": ""}, credit="{kind: multiple}", **terms))
    (problem,) = problems(a_file({"fee": ""}, credit="{below: 99%, pay: 10%}", **terms))
    assert (problem.rule, problem.path) == ("field_missing", "examples[1].fee")


def test_a_problem_does_not_hide_those_of_other_terms():
    found = problems(a_file({"fee": ""}, target="", credit="{kind: points, step: 1%, pay: 5%}", rounding="upp"))
    assert {problem.path for problem in found} == {"target", "examples[1].fee", "rounding"}


# What is printed

GENERATED = settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
"""A policy of every stage is a large draw; shrinking one takes minutes and says little."""


@GENERATED
@given(policies())
def test_a_printed_policy_is_read_as_what_it_was(policy):
    text = print_policy(policy)
    assert parse_policy(text) == replace(policy, digest=policy_digest(policy))
    assert print_policy(parse_policy(text)) == text


TEXTS = [path.read_text(encoding="utf-8") for path in FILES] + DOCUMENTED + [FULL]
TEXT_IDS = [path.stem for path in FILES] + [f"documented {i}" for i, _ in enumerate(DOCUMENTED)] + ["full"]


@pytest.mark.parametrize("text", TEXTS, ids=TEXT_IDS)
def test_a_file_is_printed_as_what_it_is(text):
    policy = parse_policy(text)
    printed = print_policy(policy)
    assert parse_policy(printed) == policy
    assert print_policy(parse_policy(printed)) == printed


@pytest.mark.parametrize(
    ("term", "said"),
    [
        ("credit", "{kind: multiple, times: 100000000000000000/1}"),
        ("credit", "{kind: multiple, times: 1/300}"),
        ("credit", "{kind: multiple, times: 0.000000001}"),
        ("credit", "{kind: flat, pay: 123456789/1}"),
        ("credit", "{kind: flat, pay: 1000000/3}"),
        ("credit", "{kind: bands, rows: {above: 999999 s, pay: 5%}}"),
        ("contract", "'~'"),
        ("contract", "'null'"),
        ("contract", "'# no comment'"),
        ("contract", "it's"),
    ],
)
def test_what_is_awkward_to_write_is_printed_as_what_it_is(term, said):
    policy = parse_policy(a_file(**{term: said}))
    assert parse_policy(print_policy(policy)) == policy


def test_windows_that_repeat_after_no_writable_time_are_printed_one_by_one():
    # Twelve days and a second are more seconds than a duration has digits.
    starts = ["2023-01-01T00:00:00Z", "2023-01-13T00:00:01Z", "2023-01-25T00:00:02Z"]
    ends = ["2023-01-01T01:00:00Z", "2023-01-13T01:00:01Z", "2023-01-25T01:00:02Z"]
    rows = ", ".join(f"{{from: {start}, to: {end}}}" for start, end in zip(starts, ends, strict=True))
    policy = parse_policy(a_file({"impact": f"[{rows}]"}))
    assert parse_policy(print_policy(policy)) == policy


@pytest.mark.parametrize(
    ("indicator", "wrong"),
    [
        (METRIC, {"target": "99%", "credit": "{above: 99%, pay: 5%}"}),
        ("{kind: events}", {"target": "99", "credit": "{below: 99, pay: 5%}"}),
    ],
    ids=["a metric's figures in per cent", "shares of requests as numbers"],
)
def test_a_mistake_in_one_stage_hides_none_in_the_others(indicator, wrong):
    terms = {
        "qualify": "{minimum_run: 5 min}",
        "exclude": "{kind: maintenance, allowance: 4 h per month}",
        "quantise": "{kind: total, to: 1 min, round: up}",
    }
    found = problems(a_file(indicator=indicator, **terms, **wrong))
    assert {one.path for one in found if one.rule == "no_outages"} == {"qualify", "exclude", "quantise"}
    assert "target" in {one.path for one in found}


@pytest.mark.parametrize("kind", ["incident", "hour", "day"])
def test_a_pool_that_is_looked_at_in_parts_is_told_what_it_can_be(kind):
    (problem,) = problems(a_file(subject="pool", period=f"{{kind: {kind}, time_zone: UTC}}"))
    assert (problem.rule, problem.path) == ("pool_parts", "period")
    assert "not by single incidents, hours or days: use `month`" in problem.message


# The schema


class CoreLoader(yaml.BaseLoader):
    """YAML 1.2's core schema: what editors check files with."""

    yaml_implicit_resolvers: dict = {}  # noqa: RUF012 - as the loader above has it


for _tag, _pattern in {
    "null": r"^(~|null|Null|NULL|)$",
    "bool": r"^(true|True|TRUE|false|False|FALSE)$",
    "int": r"^([-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$",
    "float": r"^([-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?)$",
}.items():
    CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), None)
CoreLoader.add_constructor("tag:yaml.org,2002:null", lambda *_: None)
CoreLoader.add_constructor("tag:yaml.org,2002:bool", lambda _, node: node.value.lower() == "true")
CoreLoader.add_constructor(
    "tag:yaml.org,2002:int", lambda _, node: int(node.value.replace("0o", "0"), 0 if "x" in node.value else 10)
)
CoreLoader.add_constructor("tag:yaml.org,2002:float", lambda _, node: float(node.value))

SCHEMA = jsonschema.Draft202012Validator(policy_schema())


def accepts(document: object) -> bool:
    return SCHEMA.is_valid(document)


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(policy_schema())


def as_json(text: str, loader: type) -> object:
    """A file as a program has it that turns YAML into JSON; JSON has no dates, they are text there."""
    loaded = yaml.load(text, loader)  # noqa: S506 - our own files
    return json.loads(json.dumps(loaded, default=lambda day: day.isoformat()))


LOADERS = {"YAML 1.1": yaml.SafeLoader, "YAML 1.2": CoreLoader, "text": yaml.BaseLoader}


@pytest.mark.parametrize("loader", LOADERS.values(), ids=LOADERS)
@pytest.mark.parametrize("text", TEXTS, ids=TEXT_IDS)
def test_the_schema_accepts_what_can_be_read(text, loader):
    SCHEMA.validate(as_json(text, loader))


@GENERATED
@given(policies())
def test_the_schema_accepts_what_is_printed(policy):
    text = print_policy(policy)
    for loader in LOADERS.values():
        SCHEMA.validate(as_json(text, loader))


@pytest.mark.parametrize(
    ("term", "said"),
    [(term, said) for term, said, _ in SAID] + [("period", f"{{{said}, time_zone: UTC}}") for said, _ in PERIODS],
)
def test_the_schema_accepts_every_way_to_say_a_term(term, said):
    assert accepts(yaml.load(a_file(**{term: said}), CoreLoader))  # noqa: S506 - our own text


def _mappings(value, path=()):
    if isinstance(value, dict):
        yield path, value
        for name, item in value.items():
            yield from _mappings(item, (*path, name))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _mappings(item, (*path, number))


def _at(value, path):
    for step in path:
        value = value[step]
    return value


FULL_DOCUMENT = yaml.load(FULL, CoreLoader)  # noqa: S506 - our own text
MISSPELT = [
    (path, name) for path, value in _mappings(FULL_DOCUMENT) if "charges" not in path for name in value
]  # fmt: skip


@pytest.mark.parametrize(("path", "name"), MISSPELT, ids=[".".join(map(str, (*path, name))) for path, name in MISSPELT])
def test_the_schema_refuses_a_misspelt_field(path, name):
    document = copy.deepcopy(FULL_DOCUMENT)
    mapping = _at(document, path)
    mapping[f"{name}x"] = mapping.pop(name)
    assert not accepts(document)


@pytest.mark.parametrize(
    "terms",
    [
        {"indicator": "{kind: windws, curve: step}"},
        {"indicator": "{kind: windows, curve: stairs}"},
        {"qualify": "{minimum_run: 5 min, longer_than: 5 min}"},
        {"qualify": "{minimum_run: 5}"},
        {"credit": "[{pay: 5%}]"},
        {"credit": "{below: 99%, up_to: 99%, pay: 5%}"},
        {"credit": "{below: 99%}"},
        {"credit": "{kind: flat, pay: a lot}"},
        {"credit": "[]"},
        {"minimum": "{}"},
        {"period": "{kind: month, time_zone: UTC, day: 3}"},
        {"target": "99,9%"},
        {"version": "0"},
    ],
    ids=str,
)
def test_the_schema_refuses_much_of_what_cannot_be_read(terms):
    said = "".join(f"{name}: {value}\n" for name, value in terms.items())
    assert not accepts(as_json(a_file(), CoreLoader) | as_json(said, CoreLoader))


REQUIRED = [
    ("policy",), ("version",), ("effective",), ("effective", "from"), ("service",), ("period",), ("period", "kind"),
    ("period", "time_zone"), ("indicator",), ("indicator", "kind"), ("indicator", "slot"), ("indicator", "bad_when"),
    ("exclude", 0, "kind"), ("exclude", 1, "time_zone"), ("quantise", "round"), ("credit",), ("credit", "kind"),
    ("credit", "of", 0, "rows"), ("credit", "of", 0, "rows", 0, "pay"), ("credit", "of", 2, "span"), ("cap", "at"),
    ("settle", "form"), ("claim", "within"), ("chronic", "then"), ("group", "name"), ("examples", "name"),
    ("examples", "period"), ("examples", "expect"), ("examples", "impact", "to"), ("examples", "timeline", "at"),
]  # fmt: skip


@pytest.mark.parametrize("path", REQUIRED, ids=[".".join(map(str, path)) for path in REQUIRED])
def test_the_schema_refuses_a_missing_field(path):
    document = copy.deepcopy(FULL_DOCUMENT)
    del _at(document, path[:-1])[path[-1]]
    assert not accepts(document)


def test_every_field_in_the_schema_is_described():
    def undescribed(schema, path):
        if isinstance(schema, dict):
            for name, one in (schema.get("properties") or {}).items():
                if not one.get("description"):
                    yield f"{path}.{name}"
            for name, one in schema.items():
                yield from undescribed(one, f"{path}.{name}")
        elif isinstance(schema, list):
            for number, one in enumerate(schema):
                yield from undescribed(one, f"{path}[{number}]")

    assert list(undescribed(policy_schema(), "")) == []


def test_under_a_deadline_in_hours_a_claim_has_a_time():
    text = a_file({"claimed": "2023-10-01"}, claim="{within: 72 h}")
    (problem,) = problems(text)
    assert (problem.rule, problem.path) == ("time_required", "examples[1].claimed")


def test_a_metric_has_no_outages_to_count():
    text = a_file(indicator=METRIC, target="200", credit="{above: 200, pay: 5%}", chronic="{outages: 3, then: leave}")
    (problem,) = problems(text)
    assert (problem.rule, problem.path) == ("no_outages", "chronic")


@pytest.mark.parametrize(
    "indicator",
    ["{kind: slot_mean, slot: 5 min}", "{kind: events}", "{kind: scored_events}", "{kind: metric, name: latency}"],
)
@pytest.mark.parametrize("kind", ["incident", "hour", "day"])
def test_what_has_no_outages_has_hours_and_days_but_no_incidents(indicator, kind):
    target = "200" if "metric" in indicator else "99.9%"
    credit = "{above: 200, pay: 10%}" if "metric" in indicator else "{below: 99.9%, pay: 10%}"
    text = f"""
policy: by-parts
version: 1
effective: {{from: 2023-01-01}}
service: api
period: {{kind: {kind}, time_zone: UTC}}
indicator: {indicator}
target: {target}
credit: {credit}
"""
    if kind != "incident":
        assert parse_policy(text).policy == "by-parts"
        return
    (problem,) = problems(text)
    assert (problem.rule, problem.path) == ("no_outages", "period.kind")
    assert "write `hour`, `day` or a longer period" in problem.message
