"""One month of one merchant, laid out for the page: strings only, so that the template decides nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlmodel import Session

from sla_service.domain.accounting import PieceStatus
from sla_service.domain.parties import Merchant
from sla_service.domain.periods import Month
from sla_service.domain.policies.indicators import AffectedUsers, Metric, Slots, Windows
from sla_service.domain.shares import format_floored
from sla_service.domain.windows import SHARE_FULL_PPM
from sla_service.formats.texts import Texts, load_texts
from sla_service.formats.texts.conventions import Conventions, conventions_for
from sla_service.usecases.read_availability import read_month
from sla_service.usecases.service_month import ServiceMonth
from sla_service.web.portal import figures, words
from sla_service.web.portal.credit_view import CreditView, credit_view
from sla_service.web.portal.month_statements import StatementView, statement_views
from sla_service.web.portal.picture import Picture, picture

SHARE_DIGITS = 2


@dataclass(frozen=True, slots=True)
class Figure:
    """A headline figure: small label above, large value, a note in words below."""

    label: str
    value: str
    note: str
    is_bad: bool = False


@dataclass(frozen=True, slots=True)
class LineView:
    """A stretch of impact on this merchant."""

    title: str
    start: str
    end: str
    minutes: str
    share: str
    counted: str
    reason: str
    """Why it is not counted; empty if it is."""


@dataclass(frozen=True, slots=True)
class ServiceView:
    """One service in the month."""

    name: str
    period: str
    """The month, or the days of a longer or shorter period."""
    heading: str
    answer: str
    estimate: str
    figures: tuple[Figure, ...]
    picture: Picture | None
    lines: tuple[LineView, ...]
    counted_total: str
    credit: CreditView | None
    claim: str
    """Until when a credit can be claimed; empty where none must be."""
    terms: str


@dataclass(frozen=True, slots=True)
class MonthPage:
    """The page."""

    period: str
    month: str
    title: str
    zone: str
    services: tuple[ServiceView, ...]
    statements: tuple[StatementView, ...] = ()
    """Those of the month, where there is more than one."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose words and clock the page has."""

    texts: Texts
    ways: Conventions


def lay_out(session: Session, merchant: Merchant, month: Month, *, now_ms: int) -> MonthPage:
    """Read and lay out a month.

    Args:
        session: Open; only reads.
        merchant: Whose month it is.
        month: Any that has begun.
        now_ms: The instant.
    """
    reader = Reader(load_texts(), conventions_for(merchant.locale, merchant.time_zone, "en"))
    services = read_month(session, merchant.merchant_id, month, now_ms=now_ms)
    services.sort(key=lambda one: one.is_missed, reverse=True)
    name = reader.ways.month(str(month))
    return MonthPage(
        period=str(month),
        month=name,
        title=words.title(reader.ways, name, services),
        zone=reader.ways.zone_in(month.window(merchant.time_zone)),
        services=tuple(_service(session, reader, one, name, is_only=len(services) == 1) for one in services),
        statements=statement_views(session, reader.ways, merchant.merchant_id, str(month)),
    )


def _service(session: Session, reader: Reader, one: ServiceMonth, month: str, *, is_only: bool) -> ServiceView:
    ways = reader.ways
    return ServiceView(
        name=one.service,
        period=words.span(ways, month, one),
        heading="" if is_only else words.heading(ways, month, one),
        answer=words.answer(ways, one),
        estimate=words.estimate(ways, one),
        figures=tuple(_figures(ways, one)),
        picture=picture(reader.texts, ways, one) if one.window and _is_time(one) else None,
        lines=tuple(_line(reader, one, line) for line in one.lines),
        counted_total=ways.minutes(one.measurement.bad_ms) if one.measurement and _is_time(one) else "",
        credit=credit_view(session, reader.texts, ways, one),
        claim=words.claim(ways, one),
        terms=_terms(reader, one),
    )


def _is_time(one: ServiceMonth) -> bool:
    """Whether downtime is time that can be drawn, and not requests, means or metrics."""
    return one.policy is None or isinstance(one.policy.indicator, Windows | Slots | AffectedUsers)


def _figures(ways: Conventions, one: ServiceMonth) -> Iterator[Figure]:
    if one.policy is None or one.measurement is None:
        return
    so_far = " so far" if words.is_open(one) else ""
    if one.policy.target is None:
        yield Figure("Promised", "none", f"credits are paid for {words.paid_for(one.policy.credit)}")
        yield Figure(f"Measured{so_far}", figures.measured(ways, one), "", is_bad=one.is_missed)
        return
    name = one.policy.indicator.name if isinstance(one.policy.indicator, Metric) else "availability"
    over = f"{name} over the {words.period_name(one.policy)}"
    yield Figure("Promised", figures.threshold(ways, one.policy), over)
    kept = "below the promise" if not one.policy.is_metric else "not what was promised"
    note = kept if one.is_missed else f"promise kept{so_far}"
    if one.measurement.figure is not None and not one.policy.is_metric:
        note = f"counts as {figures.term(ways, one.measurement.figure)}: {note}"
    yield Figure(f"Measured{so_far}", figures.measured(ways, one), note, is_bad=one.is_missed)
    if one.budgets:
        yield _budget(ways, one)


def _budget(ways: Conventions, one: ServiceMonth) -> Figure:
    """How much the promise still allows; what is overspent is said in words."""
    label, budget = "Error budget left", one.budgets[0]
    if not budget.budget_ms:
        return Figure(label, "none", "with a promise of 100% any downtime breaks it", is_bad=budget.consumed_ms > 0)
    of_requests = figures.in_requests(one.policy)
    unit, short = ("failed requests", "requests") if of_requests else ("minutes", "min")
    allowed, over, left = (
        figures.number(ways, ms) if of_requests else ways.minutes(ms)
        for ms in (budget.budget_ms, max(Fraction(0), -budget.left_ms), max(Fraction(0), budget.left_ms))
    )
    if budget.left_ms < 0:
        return Figure(label, f"0 {short}", f"{allowed} allowed, overspent by {over} {unit}", is_bad=True)
    return Figure(label, f"{left} {short}", f"of the {allowed} {unit} that the promise allows")


def _line(reader: Reader, one: ServiceMonth, line: dict[str, Any]) -> LineView:
    ways = reader.ways
    duration_ms = line["ended_at_ms"] - line["started_at_ms"]
    share = format_floored(Fraction(line["impact_ppm_ms"], duration_ms * SHARE_FULL_PPM), SHARE_DIGITS)
    titles = {incident.incident_id: incident.title for incident in one.incidents}
    is_counted = line["status"] == PieceStatus.COUNTED
    return LineView(
        title=titles[line["incident_id"]],
        start=ways.short_moment(line["started_at_ms"]),
        end=ways.short_moment(line["ended_at_ms"]),
        minutes=ways.minutes(Fraction(duration_ms)),
        share=ways.percent(share.removesuffix("%").rstrip("0").rstrip(".")),
        counted=ways.minutes(Fraction(line["counted_ppm_ms"], SHARE_FULL_PPM)) if is_counted else "0",
        reason="" if is_counted else _reason(reader, one, line),
    )


def _reason(reader: Reader, one: ServiceMonth, line: dict[str, Any]) -> str:
    """In the statement's words where it has some for this."""
    say, status = reader.texts.say, line["status"]
    why = line["reason"] if status == PieceStatus.EXCLUDED else status
    key = f"statement.reason.{why}"
    if status == PieceStatus.TOO_SHORT:
        minimum_ms = one.policy.qualify.minimum_run_ms if one.policy else 0
        said = say(key, minutes=reader.ways.minutes(Fraction(minimum_ms)))
    elif why in words.NOT_COUNTED:
        said = words.NOT_COUNTED[why]
    elif reader.texts.has(key) and why != "other":
        said = say(key)
    else:
        said = say("statement.reason.other", reason=line["reason"])
    return say("statement.lines.excluded", reason=said)


def _terms(reader: Reader, one: ServiceMonth) -> str:
    """The method by name, and the document it stands in."""
    if one.policy is None:
        return ""
    contract = f"Terms: {one.policy.contract}." if one.policy.contract else ""
    if not isinstance(one.policy.indicator, Windows):
        return contract
    known = f"statement.method.{one.policy.curve.value}"
    method = reader.texts.say("statement.method.name", method=reader.texts.say(known))
    return f"{method} {contract}".rstrip()
