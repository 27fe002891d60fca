"""One month of one merchant, laid out for the page: strings only, so that the template decides nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlmodel import Session

from sla_service.domain.parties import Merchant
from sla_service.domain.periods import Month
from sla_service.domain.shares import format_floored
from sla_service.domain.statements import LineStatus
from sla_service.domain.windows import SHARE_FULL_PPM
from sla_service.formats.texts import Texts, load_texts
from sla_service.formats.texts.conventions import Conventions, conventions_for
from sla_service.usecases.read_availability import ServiceMonth, read_month
from sla_service.web.portal import words
from sla_service.web.portal.credit_view import CreditView, credit_view
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
    heading: str
    answer: str
    estimate: str
    figures: tuple[Figure, ...]
    picture: Picture | None
    lines: tuple[LineView, ...]
    counted_total: str
    credit: CreditView | None
    terms: str


@dataclass(frozen=True, slots=True)
class MonthPage:
    """The page."""

    period: str
    month: str
    title: str
    zone: str
    services: tuple[ServiceView, ...]


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
    services.sort(key=words.is_missed, reverse=True)
    name = reader.ways.month(str(month))
    return MonthPage(
        period=str(month),
        month=name,
        title=words.title(reader.ways, name, services),
        zone=reader.ways.zone_in(month.window(merchant.time_zone)),
        services=tuple(_service(session, reader, one, is_only=len(services) == 1) for one in services),
    )


def _service(session: Session, reader: Reader, one: ServiceMonth, *, is_only: bool) -> ServiceView:
    ways = reader.ways
    return ServiceView(
        name=one.service,
        heading="" if is_only else f"{one.service.capitalize()}: available {words.measured(ways, one)} of the time",
        answer=words.answer(ways, one),
        estimate=words.estimate(ways, one),
        figures=tuple(_figures(ways, one)),
        picture=picture(reader.texts, ways, one) if one.window else None,
        lines=tuple(_line(reader, one, line) for line in one.lines),
        counted_total=ways.minutes(one.measurement.bad_ms) if one.measurement else "",
        credit=credit_view(session, reader.texts, ways, one),
        terms=_terms(reader, one),
    )


def _figures(ways: Conventions, one: ServiceMonth) -> Iterator[Figure]:
    if one.policy is None or one.measurement is None:
        return
    missed = words.is_missed(one)
    so_far = " so far" if words.is_open(one) else ""
    yield Figure("Promised", words.term(ways, one.policy.target), "availability over the month")
    kept = "below the promise" if missed else f"promise kept{so_far}"
    yield Figure(f"Measured{so_far}", words.measured(ways, one), kept, is_bad=missed)
    yield _budget(ways, one)


def _budget(ways: Conventions, one: ServiceMonth) -> Figure:
    """How much downtime the promise still allows; what is overspent is said in words."""
    label, budget = "Error budget left", one.budgets[0]
    if not budget.budget_ms:
        return Figure(label, "none", "with a promise of 100% any downtime breaks it", is_bad=budget.consumed_ms > 0)
    allowed = ways.minutes(budget.budget_ms)
    if budget.left_ms < 0:
        over = ways.minutes(-budget.left_ms)
        return Figure(label, "0 min", f"{allowed} allowed, overspent by {over} minutes", is_bad=True)
    return Figure(label, f"{ways.minutes(budget.left_ms)} min", f"of the {allowed} minutes that the promise allows")


def _line(reader: Reader, one: ServiceMonth, line: dict[str, Any]) -> LineView:
    ways = reader.ways
    duration_ms = line["ended_at_ms"] - line["started_at_ms"]
    share = format_floored(Fraction(line["impact_ppm_ms"], duration_ms * SHARE_FULL_PPM), SHARE_DIGITS)
    titles = {incident.incident_id: incident.title for incident in one.incidents}
    is_counted = line["status"] == LineStatus.COUNTED
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
    say = reader.texts.say
    if line["status"] == LineStatus.TOO_SHORT:
        minimum_ms = one.policy.qualify.minimum_run_ms if one.policy else 0
        said = say("statement.reason.too_short", minutes=reader.ways.minutes(Fraction(minimum_ms)))
    elif reader.texts.has(key := f"statement.reason.{line['reason']}"):
        said = say(key)
    else:
        said = say("statement.reason.other", reason=line["reason"])
    return say("statement.lines.excluded", reason=said)


def _terms(reader: Reader, one: ServiceMonth) -> str:
    """The method by name, and the document it stands in."""
    if one.policy is None:
        return ""
    known = f"statement.method.{one.policy.curve.value}"
    method = reader.texts.say("statement.method.name", method=reader.texts.say(known))
    contract = f" Terms: {one.policy.contract}." if one.policy.contract else ""
    return f"{method}{contract}"
