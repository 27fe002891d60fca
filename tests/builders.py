"""Short ways to say a value in a test: what a sentence does not mention has a harmless default."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

import pyarrow as pa

from sla_service.domain.exclusions import Exclusion, ExclusionKind
from sla_service.domain.incidents import Curve, Incident, TimelinePoint
from sla_service.domain.instants import DAY_MS, MINUTE_MS, parse_instant
from sla_service.domain.measurement import Measurement
from sla_service.domain.money import Money
from sla_service.domain.periods import Month
from sla_service.domain.policies import Policy
from sla_service.domain.policies.credits import Overlap, Pay, Share, Table, Tier
from sla_service.domain.policies.examples import ExampleImpact, PolicyExample
from sla_service.domain.policies.indicators import Windows
from sla_service.domain.policies.payment import Cap, Minimum
from sla_service.domain.shares import parse_percent
from sla_service.domain.statements import (
    ImpactLine,
    ImpactStep,
    Issuer,
    LineStatus,
    MerchantLine,
    Recipient,
    StatedCredit,
    StatedIncident,
    Statement,
    StatementKind,
    TimelineNote,
)
from sla_service.domain.windows import SHARE_FULL_PPM, Window
from sla_service.measure.columns import EXCLUSIONS, IMPACTS, PLATFORM, RULES, SUBJECTS, TERMS
from tests.oracle import Case

SEPTEMBER = Month(2023, 9).window("Asia/Shanghai")
"""The month of the outage that the product was built from: 43,200 minutes."""


def a_window(start: str, end: str) -> Window:
    return Window(parse_instant(start), parse_instant(end))


def minutes(start: float, end: float, *, after: int = SEPTEMBER.start_ms) -> Window:
    """A window in minutes after an instant; halves are exact."""
    return Window(after + int(start * MINUTE_MS), after + int(end * MINUTE_MS))


def money(text: str) -> Money:
    """``29.90 USD``."""
    amount, currency = text.split()
    return Money.parse(amount, currency)


def percent(text: str) -> Fraction:
    return parse_percent(f"{text}%")


def share(text: str) -> Pay:
    """A percentage of the base."""
    return Share(percent(text))


def a_point(at: str, available: str, text: str = "") -> TimelinePoint:
    """A report of the percentage available."""
    return TimelinePoint(parse_instant(at), int(percent(available) * SHARE_FULL_PPM), text)


def an_incident(*timeline: TimelinePoint, start: str = "", end: str = "", **changes: Any) -> Incident:
    started_at_ms = parse_instant(start) if start else (timeline[0].at_ms if timeline else SEPTEMBER.start_ms)
    values: dict[str, Any] = {
        "incident_id": "INC-1",
        "title": "Network failure",
        "service": "storefront",
        "cause": "upstream",
        "started_at_ms": started_at_ms,
        "source": "statuspage",
        "source_ref": "abc",
        "ended_at_ms": parse_instant(end) if end else None,
        "timeline": timeline,
    }
    return Incident(**{**values, **changes})


def the_outage() -> Incident:
    """19 September 2023 as the timeline tells it; the status page's own window is an hour longer."""
    return an_incident(
        a_point("2023-09-19T02:00+08:00", "0", "first alert"),
        a_point("2023-09-19T05:40+08:00", "50", "crawler traffic shed"),
        a_point("2023-09-19T07:00+08:00", "80", "critical services failed over"),
        a_point("2023-09-19T10:00+08:00", "90", "several fixes"),
        a_point("2023-09-19T11:30+08:00", "100", "heavy features shed"),
        start="2023-09-19T02:00+08:00",
        end="2023-09-19T12:30+08:00",
    )


def a_tier(above_or_at: str, below: str, pays: str, **changes: Any) -> Tier:
    """A row: from the first percentage (included) to below the second."""
    values: dict[str, Any] = {"pays": share(pays), "upper": percent(below), "lower": percent(above_or_at)}
    return Tier(**{**values, **changes})


TIERS = (a_tier("99", "99.95", "10"), a_tier("95", "99", "25"), a_tier("0", "95", "100"))


def a_policy(*tiers: Tier, **changes: Any) -> Policy:
    """The rows, ``curve`` and ``cap`` may be said by themselves; whatever else is a term by its own name."""
    rows = changes.pop("tiers", tiers or TIERS)
    overlap = changes.pop("overlap", Overlap.UNDEFINED)
    cap: Cap | None = changes.pop("cap", None)
    values: dict[str, Any] = {
        "policy": "storefront-plus",
        "version": 3,
        "title": "Storefront Plus",
        "service": "storefront",
        "effective_from": date(2023, 1, 1),
        "time_zone": "Asia/Shanghai",
        "indicator": Windows(changes.pop("curve", Curve.STEP)),
        "target": percent("99.95"),
        "credit": Table(rows, overlap),
        "caps": (cap,) if cap else (),
    }
    return Policy(**{**values, **changes})


def a_minimum(text: str, *, strict: bool = False) -> Minimum:
    return Minimum(money(text), strict=strict)


def an_example(**changes: Any) -> PolicyExample:
    impact = (ExampleImpact(a_window("2023-09-19T02:00+08:00", "2023-09-19T05:40+08:00")),)
    values = {"name": "the outage", "fee": money("299.00 USD"), "first_day": date(2023, 9, 1), "impact": impact}
    return PolicyExample(**{**values, **changes})


def an_exclusion(window: Window = SEPTEMBER, **changes: Any) -> Exclusion:
    values: dict[str, Any] = {
        "exclusion_id": "X-1",
        "kind": ExclusionKind.MAINTENANCE,
        "service": "storefront",
        "window": window,
        "reason": "database upgrade",
    }
    return Exclusion(**{**values, **changes})


def down(bad_minutes: float | str, total_minutes: int = 43_200) -> Measurement:
    """A measurement of whole or decimal minutes of full outage; a string is read exactly."""
    bad = Fraction(bad_minutes) * MINUTE_MS * SHARE_FULL_PPM
    assert bad.denominator == 1, "not a whole number of ppm·ms"
    return Measurement(bad.numerator, total_minutes * MINUTE_MS)


def available(ratio: Fraction) -> Measurement:
    """A measurement of exactly this availability (the unit of time does not matter to it)."""
    return Measurement((ratio.denominator - ratio.numerator) * SHARE_FULL_PPM, ratio.denominator)


def a_stated_credit(**changes: Any) -> StatedCredit:
    start_ms, end_ms = parse_instant("2023-09-18T18:00Z"), parse_instant("2023-09-18T21:40Z")
    bad_ppm_ms = (end_ms - start_ms) * SHARE_FULL_PPM
    values: dict[str, Any] = {
        "credit_id": "C-1",
        "service": "storefront",
        "policy": "storefront-plus",
        "policy_version": 3,
        "policy_title": "Storefront Plus",
        "policy_digest": "ab" * 32,
        "contract": "Master agreement, §7",
        "curve": "step",
        "time_zone": "Asia/Shanghai",
        "period_start_ms": SEPTEMBER.start_ms,
        "period_end_ms": SEPTEMBER.end_ms,
        "minimum_run_ms": 0,
        "target": "1999/2000",
        "bad_ppm_ms": bad_ppm_ms,
        "total_ms": SEPTEMBER.duration_ms,
        "fee": money("299.00 USD"),
        "tier_upper": "1999/2000",
        "tier_upper_inclusive": False,
        "tier_lower": "99/100",
        "tier_lower_inclusive": True,
        "clause": "7.2",
        "rate": "1/10",
        "before_cap_minor": "2990",
        "cap_of_fee": "1",
        "cap_minor": "29900",
        "minimum": money("1.00 USD"),
        "minimum_strict": True,
        "unrounded_minor": "2990",
        "rounding": "half_up",
        "amount": money("29.90 USD"),
        "settlement_form": "next_invoice",
        "expires_on": "2024-10-05",
        "lines": (
            ImpactLine("INC-1", "Network failure", start_ms, end_ms, bad_ppm_ms, bad_ppm_ms, LineStatus.COUNTED),
            ImpactLine("INC-2", "Blip", end_ms, end_ms + 1, 500_000, 0, LineStatus.EXCLUDED, "maintenance"),
        ),
        "steps": (ImpactStep(start_ms, end_ms, SHARE_FULL_PPM),),
        "incidents": (
            StatedIncident("INC-1", "Network failure", "upstream", (TimelineNote(start_ms, 0, "first alert"),)),
        ),
    }
    return StatedCredit(**{**values, **changes})


def a_merchant_line(**changes: Any) -> MerchantLine:
    values: dict[str, Any] = {
        "merchant_id": "m-1",
        "name": "小熊茶舍",
        "statement_number": "2023-09-000001",
        "service": "storefront",
        "availability": "8579/8640",
        "target": "1999/2000",
        "amount": money("29.90 USD"),
    }
    return MerchantLine(**{**values, **changes})


def a_statement(**changes: Any) -> Statement:
    values: dict[str, Any] = {
        "kind": StatementKind.MERCHANT,
        "number": "2023-09-000001",
        "run_id": 1,
        "period": "2023-09",
        "issued_on": "2023-10-05",
        "issued_at_ms": parse_instant("2023-10-05T02:00Z"),
        "questions_until": "2023-11-04",
        "issuer": Issuer(
            "Platform Ltd", ("1 Some Street", "Some City"), "sla@example.com", "#0a58ca", "https://sla.example.com"
        ),
        "recipient": Recipient("m-1", "小熊茶舍", "owner@example.com", "zh", "Asia/Shanghai"),
        "credits": (a_stated_credit(),),
    }
    return Statement(**{**values, **changes})


DEFAULTS = {
    "unit": "",
    "clock": "failure",
    "in_detail": False,
    "reads": "windows",
    "usage_incident": 0,
    "slot_requests": 0,
    "confirmed": False,
    "covered": "",
}
"""Columns of evidence that most tests have no word for."""


def arrow(schema: pa.Schema, rows: Iterable[Mapping[str, Any]] = ()) -> pa.Table:
    """An evidence table from rows; a column that a row leaves out has its default, or is null."""
    filled = [{name: DEFAULTS.get(name) for name in schema.names} | _reach(row) | dict(row) for row in rows]
    return pa.Table.from_pylist(filled, schema=schema)


def _reach(row: Mapping[str, Any]) -> dict[str, Any]:
    """Evidence is read from a day before a subject's period to a day after it."""
    if "period_start_ms" not in row:
        return {}
    return {"reach_start_ms": row["period_start_ms"] - DAY_MS, "reach_end_ms": row["period_end_ms"] + DAY_MS}


def evidence(cases: Sequence[Case]) -> dict[str, pa.Table]:
    """All cases in one set of tables: case i is subject i under terms i, and has the service of the same number.

    Subjects of their own services cannot see each other's evidence, so that one measuring answers for every case.
    """
    rows: dict[str, list[dict[str, Any]]] = {
        name: [] for name in ("subjects", "terms", "rules", "platform", "impacts", "exclusions")
    }
    for number, case in enumerate(cases):
        for name, found in _rows(number, case).items():
            rows[name] += found
    shapes = (SUBJECTS, TERMS, RULES, PLATFORM, IMPACTS, EXCLUSIONS)
    return {name: arrow(shape, rows[name]) for name, shape in zip(rows, shapes, strict=True)}


def _rows(number: int, case: Case) -> dict[str, list[dict[str, Any]]]:
    service = f"service-{number}"
    merchant = f"merchant-{number}"
    names = {None: None, True: merchant, False: "another-merchant"}
    return {
        "subjects": [
            {
                "subject": number,
                "merchant_id": merchant,
                "service": service,
                "region": case.region,
                "terms": number,
                "period_start_ms": case.period.start_ms,
                "period_end_ms": case.period.end_ms,
            },
        ],
        "terms": [{"terms": number, "curve": case.curve, "minimum_run_ms": case.minimum_run_ms}],
        "rules": [
            {
                "terms": number,
                "rank": rank,
                "kind": rule.kind,
                "notice_ms": rule.notice_ms,
                "leaves_period": rule.leaves_period,
                "reason": rule.kind,
            }
            for rank, rule in enumerate(case.rules)
        ],
        "platform": [
            {
                "curve": hit.curve,
                "incident": hit.incident,
                "service": service,
                "region": hit.region,
                "start_ms": hit.window.start_ms,
                "end_ms": hit.window.end_ms,
                "share_ppm": hit.share_ppm,
            }
            for hit in case.platform
        ],
        "impacts": [
            {
                "merchant_id": merchant,
                "service": service,
                "incident": hit.incident,
                "start_ms": hit.window.start_ms,
                "end_ms": hit.window.end_ms,
                "share_ppm": hit.share_ppm,
            }
            for hit in case.own
        ],
        "exclusions": [
            {
                "kind": found.kind,
                "service": service,
                "region": found.region,
                "merchant_id": names[found.mine],
                "start_ms": found.window.start_ms,
                "end_ms": found.window.end_ms,
                "notice_ms": found.notice_ms,
            }
            for found in case.exclusions
        ],
    }
