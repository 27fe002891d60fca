"""Statements to draw: the outage of 19 September 2023 for one store, and cases around it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from sla_service.domain.incidents import Curve, Incident, TimelinePoint, recovery_segments
from sla_service.domain.instants import DAY_MS, HOUR_MS, MINUTE_MS, parse_instant
from sla_service.domain.money import Money, Rounding, round_to_money
from sla_service.domain.periods import Month
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
from sla_service.domain.windows import SHARE_FULL_PPM

SHANGHAI = "Asia/Shanghai"
SEPTEMBER = Month(2023, 9).window(SHANGHAI)
ISSUER = Issuer(
    name="Northlight Commerce",
    address=("Northlight Commerce Pte. Ltd.", "18 Harbour Road, Level 12", "Singapore 049315"),
    contact_email="sla@northlight.example",
    accent="#0b5563",
    public_url="https://status.northlight.example",
)
STORE = Recipient("m-1001", "Lumen & Loom Home Textiles", "finance@lumenloom.example", "zh_CN", SHANGHAI)
AGENCY = Recipient("p-7", "Brightside Store Agency", "care@brightside.example", "en_GB", SHANGHAI)
TITLE = "Network failure at the cloud provider"


def local(text: str) -> int:
    """Milliseconds of a clock time in Shanghai: ``09-19T02:00``."""
    return parse_instant(f"2023-{text}:00+08:00")


NOTES = (
    TimelineNote(local("09-19T02:00"), 0, "First alert; capacity added, services restarted"),
    TimelineNote(local("09-19T02:43"), 0, "The cloud provider's first statement: two regions, several zones"),
    TimelineNote(local("09-19T03:33"), 0, "The provider names zones A and B: production and backup were there"),
    TimelineNote(local("09-19T04:23"), 0, "Databases failed over by hand to zone C: recovery begins"),
    TimelineNote(local("09-19T05:40"), 500_000, "Crawler traffic shed in favour of shoppers"),
    TimelineNote(local("09-19T07:00"), 800_000, "Critical services failed over"),
    TimelineNote(local("09-19T10:00"), 900_000, "Several fixes"),
    TimelineNote(local("09-19T11:30"), 1_000_000, "Load of heavy features shed; everything works again"),
)


LONG_NOTES = (
    TimelineNote(
        local("09-19T02:00"), 0, "First alerts. Stores did not open because the cloud provider's network had failed."
    ),
    TimelineNote(
        local("09-19T02:43"), 0, "The cloud provider confirmed network faults in two regions, in several zones."
    ),
    TimelineNote(
        local("09-19T03:33"), 0, "The cloud provider named the zones. Our main and our backup systems were in them."
    ),
    TimelineNote(
        local("09-19T04:23"), 0, "We moved the databases by hand to a zone that still worked. Recovery began."
    ),
    TimelineNote(
        local("09-19T05:40"),
        500_000,
        "Half of the usual orders came through after we turned crawlers away for shoppers.",
    ),
    TimelineNote(
        local("09-19T07:00"),
        800_000,
        "Four orders in five came through because the critical services now ran elsewhere.",
    ),
    TimelineNote(local("09-19T10:00"), 900_000, "Nine orders in ten came through after several smaller repairs."),
    TimelineNote(
        local("09-19T11:30"),
        1_000_000,
        "Orders were back to normal. Heavy extras, such as translations, stayed off for now.",
    ),
    TimelineNote(
        local("09-19T14:08"),
        1_000_000,
        "The cloud provider reported its network repaired. Stores were not affected any more.",
    ),
)
"""As long as those of the published timeline."""


def steps_of(curve: Curve) -> tuple[ImpactStep, ...]:
    """The worked incident as an accounting method counts it."""
    points = tuple(TimelinePoint(note.at_ms, note.available_ppm) for note in NOTES)
    incident = Incident("inc-1", TITLE, "storefront", "network", NOTES[0].at_ms, "status", "s-1", timeline=points)
    segments = recovery_segments(incident, curve, until_ms=SEPTEMBER.end_ms)
    return tuple(ImpactStep(s.window.start_ms, s.window.end_ms, s.share_ppm) for s in segments)


def area(steps: tuple[ImpactStep, ...]) -> int:
    """Share × milliseconds."""
    return sum((s.end_ms - s.start_ms) * s.share_ppm for s in steps)


def line(start: str, end: str, share_ppm: int, status: LineStatus = LineStatus.COUNTED, **other) -> ImpactLine:
    """A stretch of constant impact."""
    start_ms, end_ms = local(start), local(end)
    impact = (end_ms - start_ms) * share_ppm
    counted = impact if status is LineStatus.COUNTED else 0
    fields = {"incident_id": "inc-2", "title": "Checkout slow", **other}
    return ImpactLine(
        start_ms=start_ms, end_ms=end_ms, impact_ppm_ms=impact, counted_ppm_ms=counted, status=status, **fields
    )


def credit_for(
    fee: Money,
    *,
    steps: tuple[ImpactStep, ...] | None = None,
    lines: tuple[ImpactLine, ...] | None = None,
    notes: tuple[TimelineNote, ...] = NOTES,
    bad_ppm_ms: int | None = None,
    **other,
) -> StatedCredit:
    """Ten per cent of a fee, for the worked incident unless other steps and lines are given."""
    steps = steps_of(Curve.STEP) if steps is None else steps
    bad = area(steps) if bad_ppm_ms is None else bad_ppm_ms
    if lines is None:
        whole = ImpactLine("inc-1", TITLE, steps[0].start_ms, steps[-1].end_ms, bad, bad, LineStatus.COUNTED)
        lines = (whole,)
    unrounded = Fraction(fee.minor, 10)
    return replace(
        _TERMS,
        **{
            "fee": fee,
            "bad_ppm_ms": bad,
            "steps": steps,
            "lines": lines,
            "incidents": (StatedIncident("inc-1", TITLE, "Network", notes),) if notes else (),
            "before_cap_minor": str(unrounded),
            "cap_minor": str(fee.minor),
            "unrounded_minor": str(unrounded),
            "minimum": Money(fee.currency, 100) if fee.currency == "USD" else None,
            "amount": round_to_money(unrounded, fee.currency, Rounding.HALF_UP),
            **other,
        },
    )


_TERMS = StatedCredit(
    credit_id="c-1",
    service="Storefront",
    policy="storefront-plus",
    policy_version=3,
    policy_title="Storefront Plus availability",
    policy_digest="8a5be0f2c1d94e77a6b0",
    contract="Master agreement, schedule 4",
    curve=Curve.STEP,
    time_zone=SHANGHAI,
    period_start_ms=SEPTEMBER.start_ms,
    period_end_ms=SEPTEMBER.end_ms,
    minimum_run_ms=5 * MINUTE_MS,
    target="1999/2000",
    bad_ppm_ms=0,
    total_ms=SEPTEMBER.duration_ms,
    fee=Money("USD", 0),
    tier_upper="1999/2000",
    tier_upper_inclusive=False,
    tier_lower="99/100",
    tier_lower_inclusive=True,
    clause="clause 4.2",
    rate="1/10",
    before_cap_minor="0",
    cap_of_fee="1",
    cap_minor="",
    minimum=None,
    minimum_strict=False,
    unrounded_minor="0",
    rounding=Rounding.HALF_UP,
    amount=Money("USD", 0),
    settlement_form="next_invoice",
    expires_on="2024-09-30",
    lines=(),
    steps=(),
    incidents=(),
)


def statement_for(*credits_: StatedCredit, recipient: Recipient = STORE, issuer: Issuer = ISSUER) -> Statement:
    """A merchant's statement for September 2023."""
    return Statement(
        kind=StatementKind.MERCHANT,
        number="NC-2023-000417",
        run_id=12,
        period="2023-09",
        issued_on="2023-10-03",
        issued_at_ms=parse_instant("2023-10-03T08:15:00Z"),
        questions_until="2023-11-02",
        issuer=issuer,
        recipient=recipient,
        credits=credits_,
    )


def worked_statement(**recipient) -> Statement:
    """USD 29.90 for 305 minutes."""
    return statement_for(credit_for(Money("USD", 29_900)), recipient=replace(STORE, **recipient))


def linear_statement() -> Statement:
    """The same outage, recovery taken as a straight line between reports: some 350 steps."""
    return statement_for(credit_for(Money("USD", 29_900), steps=steps_of(Curve.LINEAR), curve=Curve.LINEAR))


def long_statement(
    fee: Money, curve: Curve = Curve.STEP, *, extra: tuple[ImpactLine, ...] = (), **recipient: str
) -> Statement:
    """The outage as published, with terms and notes as long as real ones, and other stretches beside it."""
    steps = steps_of(curve)
    bad = area(steps)
    outage = ImpactLine("inc-1", "Platform outage", steps[0].start_ms, steps[-1].end_ms, bad, bad, LineStatus.COUNTED)
    lines = (*extra, outage)
    others = (ImpactStep(x.start_ms, x.end_ms, x.impact_ppm_ms // x.duration_ms) for x in extra)
    credit = credit_for(
        fee,
        steps=tuple(sorted((*steps, *others), key=lambda step: step.start_ms)),
        lines=lines,
        notes=LONG_NOTES,
        bad_ppm_ms=sum(x.counted_ppm_ms for x in lines),
        curve=curve,
        service="storefront",
        policy="storefront-global",
        policy_title="Storefront Global",
        contract="Storefront Global master agreement, annex 2, article 6",
        clause="6.1 (ii)",
    )
    return statement_for(credit, recipient=replace(STORE, **recipient))


def part_month_statement(first_day: int, last_day: int, **window: int) -> Statement:
    """A contract that ran on some days of September only."""
    start_ms, end_ms = local(f"09-{first_day:02d}T00:00"), local(f"09-{last_day:02d}T00:00") + DAY_MS
    fields = {"period_start_ms": start_ms, "period_end_ms": end_ms, "total_ms": end_ms - start_ms, **window}
    return statement_for(credit_for(Money("USD", 29_900), service="storefront", **fields))


def excluded_statement() -> Statement:
    """One stretch that counts, and three that do not."""
    lines = (
        line("09-06T10:00", "09-06T11:30", 500_000),
        line("09-12T03:00", "09-12T04:00", SHARE_FULL_PPM, LineStatus.EXCLUDED, title="Upgrade", reason="maintenance"),
        line("09-14T09:00", "09-14T09:04", SHARE_FULL_PPM, LineStatus.TOO_SHORT),
        line("09-21T15:00", "09-21T15:20", 250_000, LineStatus.EXCLUDED, title="Wrong DNS entry", reason="customer"),
    )
    steps = tuple(ImpactStep(x.start_ms, x.end_ms, x.impact_ppm_ms // x.duration_ms) for x in lines)
    bad = sum(x.counted_ppm_ms for x in lines)
    return statement_for(credit_for(Money("USD", 29_900), steps=steps, lines=lines, notes=(), bad_ppm_ms=bad))


def many_lines_statement(count: int = 30) -> Statement:
    """More stretches than fit on a page."""
    first = local("09-02T10:00")
    lines = tuple(
        ImpactLine(
            f"inc-{i}",
            f"Slow search {i}",
            at,
            at + 11 * MINUTE_MS,
            x := 11 * MINUTE_MS * 300_000,
            x,
            LineStatus.COUNTED,
        )
        for i in range(count)
        for at in (first + i * (DAY_MS // 2 + HOUR_MS),)
    )
    steps = tuple(ImpactStep(x.start_ms, x.end_ms, 300_000) for x in lines)
    return statement_for(credit_for(Money("USD", 29_900), steps=steps, lines=lines, notes=()))


def several_statement() -> Statement:
    """Three services of one merchant."""
    checkout = (ImpactStep(local("09-06T10:00"), local("09-06T11:30"), 500_000),)
    return statement_for(
        credit_for(Money("USD", 29_900)),
        credit_for(Money("USD", 12_345), service="Checkout", steps=checkout, notes=()),
        credit_for(Money("USD", 8_000), service="Search", settlement_form="voucher", expires_on=""),
    )


def partner_statement(count: int = 60) -> Statement:
    """An agency's merchants in three currencies."""
    fees = (("USD", 2_990), ("JPY", 300), ("KWD", 10_000))
    lines = tuple(
        MerchantLine(
            merchant_id=f"m-{i}",
            name=f"Store number {i} of the agency"
            if i % 7
            else "Wholesale Emporium of Fine Goods and Sundries, Harbourside",
            statement_number=f"NC-2023-{417 + i:06d}",
            service="Storefront",
            availability="8579/8640",
            target="1999/2000",
            amount=Money(fees[i % 3][0], fees[i % 3][1] + i),
        )
        for i in range(count)
    )
    merchant = statement_for()
    return replace(merchant, kind=StatementKind.PARTNER, number="NC-2023-P00007", recipient=AGENCY, merchants=lines)
