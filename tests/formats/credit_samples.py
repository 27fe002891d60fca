"""Credits of every function of the policy language, each made by the code that credits: terms, outages, statement."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

from sla_service.domain.accounting import Piece, PieceStatus, account
from sla_service.domain.assessment import assess
from sla_service.domain.cycles import months_in, periods_ending_in
from sla_service.domain.facts import Charge, Facts
from sla_service.domain.incidents import Incident, TimelinePoint
from sla_service.domain.instants import MINUTE_MS
from sla_service.domain.measurement import Measurement
from sla_service.domain.money import Money
from sla_service.domain.periods import Month
from sla_service.domain.policies import Policy
from sla_service.domain.policies.downtime import RecurringRule
from sla_service.domain.policies.payment import CapPer
from sla_service.domain.statements import StatedCredit
from sla_service.domain.windows import SHARE_FULL_PPM, Window
from sla_service.formats.policy_yaml import parse_policy
from sla_service.usecases.account_subjects import is_counted
from sla_service.usecases.assessed_columns import assessed_columns
from sla_service.usecases.state_credits import state_credit
from tests.formats.statement_samples import SHANGHAI, local

HEAD = """
policy: storefront-plus
version: 4
title: Storefront Plus
service: {service}
contract: Master agreement, schedule 4
effective: {{from: 2023-01-01}}
indicator: {indicator}
{period}
"""
WINDOWS = "{kind: windows, curve: step}"
MONTH = "period: {kind: month, time_zone: Asia/Shanghai}"
FEE = Money("USD", 80_000)
ISSUED_ON = date(2023, 10, 3)
OUTAGES = (("09-19T02:00", "09-19T05:40"),)
"""220 minutes of full outage."""
THREE_OUTAGES = (("09-06T10:00", "09-06T10:12"), ("09-12T23:30", "09-13T01:15"), ("09-19T02:00", "09-19T05:40"))
"""12, 105 and 220 minutes; the second one over midnight."""


def a_policy_of(terms: str, *, indicator: str = WINDOWS, period: str = MONTH, service: str = "storefront") -> Policy:
    """A policy with the stages from target to settlement as given."""
    return parse_policy(HEAD.format(service=service, indicator=indicator, period=period) + terms)


def stated(
    terms: str,
    outages: tuple[tuple[str, ...], ...] = OUTAGES,
    *,
    fee: Money = FEE,
    measured: Measurement | None = None,
    charges: tuple[Charge, ...] = (),
    before: tuple[tuple[CapPer, Fraction], ...] = (),
    row: dict[str, Any] | None = None,
    which: int = 0,
    since: str = "",
    **policy_terms: str,
) -> StatedCredit:
    """The credit that terms give for outages in September 2023, as stored and stated.

    Args:
        terms: YAML of the stages after the period.
        outages: Start, end and, for less than all, the share in parts per million.
        fee: Of a month.
        measured: In the place of the outages.
        charges: Besides the fee.
        before: What was credited earlier.
        row: Columns of the credits table that somebody else decided.
        which: Of the periods that end in September.
        since: The contract's first instant, where that is within the period.
        policy_terms: ``indicator``, ``period``, ``service``.
    """
    policy = a_policy_of(terms, **policy_terms)
    known = {"fee": fee, "measured": measured, "charges": charges, "before": before, "row": row, "which": which}
    return stated_by(policy, outages, since=since, **known)


def stated_by(policy: Policy, outages: tuple[tuple[str, ...], ...] = OUTAGES, **known: Any) -> StatedCredit:
    """The same by a policy that is already read."""
    stored, lines, incidents = stored_by(policy, outages, **known)
    return state_credit(
        stored, lines, policy=policy, incidents=incidents, issued_on=ISSUED_ON, issuer="Northlight Commerce"
    )


def stored_by(
    policy: Policy,
    outages: tuple[tuple[str, ...], ...] = OUTAGES,
    *,
    fee: Money = FEE,
    measured: Measurement | None = None,
    charges: tuple[Charge, ...] = (),
    before: tuple[tuple[CapPer, Fraction], ...] = (),
    row: dict[str, Any] | None = None,
    which: int = 0,
    since: str = "",
) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Incident]]:
    """As it is stored: the columns of the credit, its lines, and their incidents."""
    period = periods_ending_in(policy.period, Month(2023, 9), SHANGHAI)[which]
    active = Window(local(since), period.end_ms) if since else period
    found = account(policy, _pieces(outages), period=period, active=active, zone=SHANGHAI)
    measurement = measured or found.measurement
    assert measurement is not None
    in_force = Fraction(active.duration_ms, period.duration_ms) if policy.base.prorated else Fraction(1)
    facts = Facts(fee, months_in(policy.period), period.duration_ms, SHANGHAI, charges, before, before)
    facts = replace(facts, in_force=in_force)
    assessment = assess(policy, measurement, facts)
    lines = [
        {
            "incident_id": f"inc-{one.run}",
            "started_at_ms": one.piece.start_ms,
            "ended_at_ms": one.piece.end_ms,
            "impact_ppm_ms": int(one.piece.impact_ppm_ms),
            "counted_ppm_ms": int(one.piece.impact_ppm_ms) if is_counted(one) else 0,
            "status": (PieceStatus.COUNTED if is_counted(one) else one.status).value,
            "reason": _reason(policy, one.piece.rule) if one.effect else None,
        }
        for one in found.judged
        if one.piece.share_ppm
    ]
    stored = {
        **_measured(policy, measurement, active),
        **assessed_columns(policy, measurement, assessment),
        "fee_minor": fee.minor,
        "currency": fee.currency,
        "decided_by": None,
        **(row or {}),
    }
    return stored, lines, {line["incident_id"]: _incident(line) for line in lines}


def _measured(policy: Policy, measurement: Measurement, period: Window) -> dict[str, Any]:
    return {
        "run_id": 1,
        "credit_no": 1,
        "service": policy.service,
        "curve": policy.curve.value,
        "time_zone": SHANGHAI,
        "period_start_ms": period.start_ms,
        "period_end_ms": period.end_ms,
        "target": None if policy.target is None else str(policy.target),
        "bad_ppm_ms": int(measurement.bad_ppm_ms),
        "total_ms": measurement.total_ms,
        "unmeasured_ms": 0,
        "availability": str(measurement.availability),
    }


def _pieces(outages: tuple[tuple[str, ...], ...]) -> list[Piece]:
    made = [(local(start), local(end), int(share[0]) if share else SHARE_FULL_PPM) for start, end, *share in outages]
    return [Piece(start, end, share, i) for i, (start, end, share) in enumerate(made)]


def _reason(policy: Policy, rule: int) -> str:
    found = policy.exclude[rule]
    return "recurring" if isinstance(found, RecurringRule) else found.kind.value


def _incident(line: dict[str, Any]) -> Incident:
    start, end = line["started_at_ms"], line["ended_at_ms"]
    points = (TimelinePoint(start, 0, "Stores did not open"), TimelinePoint(end, SHARE_FULL_PPM, "Everything was back"))
    return Incident(line["incident_id"], "Platform outage", "storefront", "network", start, "status", "s-1",
                    ended_at_ms=end, timeline=points)  # fmt: skip


def requests(total: int, bad: int) -> Measurement:
    """What good and bad requests give."""
    return Measurement(bad * SHARE_FULL_PPM, total)


TABLE = "credit: [{below: 99.95%, from: 99%, pay: 10%, clause: '4.2'}, {below: 99%, pay: 25%}]\n"
PROMISE = "target: 99.95%\n"


def every_credit() -> dict[str, StatedCredit]:
    """One credit per way of the language to pay, by a name that says which."""
    base_of_charges = (Charge("recurring", Fraction(90_000)), Charge("support", Fraction(30_000)))
    return {
        "a share of the fee": stated(PROMISE + TABLE),
        "a fixed amount": stated(PROMISE + "credit: [{below: 99.95%, pay: [5.00 USD, 4.50 EUR], clause: '4.2'}]"),
        "a row that pays time": stated(PROMISE + "credit: [{below: 99.95%, pay: 3 d}]"),
        "service time": stated(
            PROMISE + "credit: [{below: 99.95%, pay: 3 d}]\nsettle: {form: term_extension}\ncap: {at: 2 d}"
        ),
        "flat": stated(PROMISE + "credit: {kind: flat, pay: 5%}"),
        "flat per outage": stated(PROMISE + "credit: {kind: flat, pay: 7.50 USD, per: outage}", THREE_OUTAGES),
        "ten times the fee": stated(
            "credit: {kind: multiple, times: 10}\nbase: {of: period_fee}",
            (("09-19T02:00", "09-19T02:13"),),
            fee=Money("USD", 300_000),
            period="period: {kind: quarter, time_zone: Asia/Shanghai}",
        ),
        "excess in whole days": stated(PROMISE + "credit: {kind: multiple, of: excess, whole: 1 d}"),
        "blocks begun": stated(PROMISE + "credit: {kind: blocks, block: 30 min, pay: 5%, count: part, after: 1 h}"),
        "blocks per outage": stated(
            "credit: {kind: blocks, block: 30 min, pay: 2%, count: full, per: outage}\n"
            "cap: [{at: 10%, per: outage}, {at: 100%}]",
            THREE_OUTAGES,
        ),
        "bands": stated(
            "credit: {kind: bands, per: outage, rows: [{from: 10 min, below: 60 min, pay: 1%}, "
            "{from: 60 min, pay: 5%, clause: '4.3'}]}",
            THREE_OUTAGES,
        ),
        "bands of the total": stated(
            "credit: {kind: bands, per: period, rows: [{from: 10 min, below: 300 min, pay: 1%}, "
            "{from: 300 min, pay: 5%}]}",
            THREE_OUTAGES,
        ),
        "days hit": stated("credit: {kind: hits, span: day, pay: 10 h}", THREE_OUTAGES),
        "hours hit": stated("credit: {kind: hits, span: hour, pay: 1.00 USD, longer_than: 5 min}", THREE_OUTAGES),
        "points": stated(PROMISE + "credit: {kind: points, step: 0.1%, pay: 2%, count: part}"),
        "a sum": stated(
            PROMISE + "credit: {kind: sum, of: [{kind: flat, pay: 5.00 USD}, "
            "{kind: blocks, block: 1 h, pay: 2%}, {kind: table, rows: [{below: 99.95%, pay: 10%}]}]}",
        ),
        "the largest": stated(
            PROMISE + "credit: {kind: largest, of: [{kind: flat, pay: 5.00 USD}, {kind: points, step: 0.1%, pay: 2%}]}",
        ),
        "charges": stated(
            PROMISE + TABLE + "base: {of: [recurring, support], share: 1/12, month: previous}\ncap: {at: 50%}",
            charges=tuple(replace(one, month="previous") for one in base_of_charges),
        ),
        "caps in order": stated(
            PROMISE + "credit: {kind: flat, pay: 80%}\n"
            "cap: [{at: 50%}, {at: 600.00 USD, per: year}, {at: 100%, of: next_invoice}]\n"
            "minimum: {at_least: 1.00 USD}",
            before=((CapPer.YEAR, Fraction(25_000)),),
        ),
        "a cap of the year": stated(
            PROMISE + TABLE + "cap: {at: 12%, per: year}", before=((CapPer.YEAR, Fraction(5_000)),)
        ),
        "a decision": stated(
            PROMISE + "credit: {kind: manual, why: the parties agree in each case}",
            row={
                "outcome": "credited", "amount_minor": 12_345, "unrounded_minor": "12345", "before_cap_minor": "12345",
                "reason": "The contract is silent on double outages; half a week, as in May", "decided_by": "ann",
            },
        ),
        "requests": stated(
            PROMISE + TABLE, (), indicator="{kind: events}", service="api", measured=requests(1_200_000, 4_321)
        ),
        "requests, pro rata": stated(
            PROMISE + "credit: {kind: multiple, times: 2}", (), indicator="{kind: scored_events, tolerated: 1/2}",
            service="api", measured=requests(1_200_000, 4_321),
        ),
        "a metric": stated(
            "target: 200\ncredit: [{above: 200, up_to: 500, pay: 10%}, {above: 500, pay: 25%}]", (),
            indicator="{kind: metric, name: latency, unit: ms, worse: higher, statistic: mean}",
            service="api", measured=Measurement(0, 43_200 * MINUTE_MS, figure=Fraction(823, 2)),
        ),
        "rounded": stated(
            "quantise: [{kind: outage, to: 1 h, round: up}, {kind: availability, to: 0.1%, round: nearest}]\n"
            + PROMISE + TABLE,
            THREE_OUTAGES,
        ),
        "a fixed month": stated(
            PROMISE + TABLE, period=MONTH.replace("}", ", denominator: 43830 min}"), fee=Money("USD", 29_900)
        ),
        "a week": stated(
            PROMISE + TABLE, (("09-05T02:00", "09-05T05:00"),), period="period: {kind: week, time_zone: Asia/Shanghai}",
            fee=Money("USD", 29_900), which=1,
        ),
        "each incident": stated(
            "credit: {kind: multiple}\n", THREE_OUTAGES, period="period: {kind: incident, time_zone: Asia/Shanghai}"
        ),
        "each hour": stated(
            PROMISE + "credit: {kind: flat, pay: 100%}", THREE_OUTAGES,
            period="period: {kind: hour, time_zone: Asia/Shanghai}",
        ),
        "with rights": stated(
            PROMISE + TABLE + "chronic: {missed: 1, of: 1, then: terminate}\n"
            "claim: {within: 30 days}\nsettle: {form: voucher, expires: 30 days, unused: paid_out, take_back: yes}\n"
            "group: {name: platform}",
            row={"claim_until": "2023-10-30", "outcome": "credited"},
        ),
    }  # fmt: skip
