"""The columns of our own files, noun by noun, and the rows that they become. See ``docs/files.md``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from sla_service.domain.errors import InvalidValueError
from sla_service.domain.exclusions import ExclusionKind
from sla_service.domain.instants import parse_instant
from sla_service.domain.money import Money
from sla_service.domain.shares import parse_available_percent, parse_share
from sla_service.domain.windows import Window
from sla_service.formats.cells import (
    parse_count,
    parse_country,
    parse_currency,
    parse_day,
    parse_email,
    parse_id,
    parse_locale,
    parse_name,
    parse_text,
    parse_zone,
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file: its header, its parser, and whether every row must fill it."""

    name: str
    parse: Callable[[str], Any]
    required: bool = True


@dataclass(frozen=True, slots=True)
class Noun:
    """A kind of file."""

    name: str
    columns: tuple[Column, ...]
    stored: pa.Schema
    """The table's columns that a row fills."""
    build: Callable[..., tuple[Any, ...]]
    """Parsed cells in order of the columns (None where empty) to stored values; checks what needs several cells."""


def _kind(text: str) -> str:
    if text not in list(ExclusionKind):
        raise InvalidValueError.of("choice", f"write one of: {', '.join(ExclusionKind)}")
    return text


def _columns(**parsers: Callable[[str], Any]) -> tuple[Column, ...]:
    """Columns by name; a trailing underscore marks one that may be empty or absent."""
    return tuple(Column(name.rstrip("_"), parse, not name.endswith("_")) for name, parse in parsers.items())


def _stored(names: str, integers: str = "") -> pa.Schema:
    whole = set(integers.split())
    return pa.schema([(name, pa.int64() if name in whole else pa.string()) for name in names.split()])


def _as_they_are(*cells: Any) -> tuple[Any, ...]:  # noqa: ANN401 - whatever the columns' parsers gave
    return cells


def _merchant(*cells: Any) -> tuple[Any, ...]:  # noqa: ANN401
    _ordered_days("active_to", cells[10], cells[11])
    return cells


def _contract(
    merchant_id: str, service: str, policy: str, fee: str, currency: str, *days: str | None
) -> tuple[Any, ...]:
    starts_on, ends_on = days
    _ordered_days("ends_on", starts_on, ends_on)
    try:
        money = Money.parse(fee, currency)
        if money.minor < 0:
            raise InvalidValueError.of("amount_range", "a fee is not negative")
    except InvalidValueError as error:
        raise at_column(error, "monthly_fee", fee) from None
    return merchant_id, service, policy, money.minor, currency, starts_on, ends_on


def _incident(*cells: Any) -> tuple[Any, ...]:  # noqa: ANN401
    if cells[7] is not None:
        _ordered(cells[6], cells[7])
    return cells


def _impact(*cells: Any) -> tuple[Any, ...]:  # noqa: ANN401
    _ordered(cells[3], cells[4])
    return cells


def _exclusion(*cells: Any) -> tuple[Any, ...]:  # noqa: ANN401
    _ordered(cells[5], cells[6])
    return cells


def _ordered(started_ms: int, ended_ms: int) -> None:
    if ended_ms <= started_ms:
        try:
            Window(started_ms, ended_ms)
        except InvalidValueError as error:
            raise at_column(error, "ended_at") from None


def _ordered_days(column: str, first: str | None, end: str | None) -> None:
    if first and end and end <= first:
        error = InvalidValueError.of("interval_reversed", f"the first day without it, {end}, is not after {first}")
        raise at_column(error, column)


def at_column(error: InvalidValueError, column: str, value: str | None = None) -> InvalidValueError:
    """The same refusal, with the column it belongs to."""
    problem = error.problems[0]
    return InvalidValueError(
        [type(problem)(problem.rule, problem.message, column=column, value=value or problem.value)]
    )


NOUNS: dict[str, Noun] = {
    noun.name: noun
    for noun in (
        Noun(
            "partners",
            _columns(
                partner_id=parse_id,
                name=parse_text,
                email=parse_email,
                locale=parse_locale,
                time_zone=parse_zone,
                currency=parse_currency,
            ),
            _stored("partner_id name email locale time_zone currency"),
            _as_they_are,
        ),
        Noun(
            "merchants",
            _columns(
                merchant_id=parse_id,
                name=parse_text,
                email=parse_email,
                locale=parse_locale,
                time_zone=parse_zone,
                country=parse_country,
                currency=parse_currency,
                region=parse_name,
                partner_id_=parse_id,
                billing_ref_=parse_id,
                active_from=parse_day,
                active_to_=parse_day,
            ),
            _stored(
                "merchant_id name email locale time_zone country currency region partner_id billing_ref "
                "active_from active_to",
            ),
            _merchant,
        ),
        Noun(
            "contracts",
            _columns(
                merchant_id=parse_id,
                service=parse_name,
                policy=parse_name,
                monthly_fee=str,
                currency=parse_currency,
                starts_on=parse_day,
                ends_on_=parse_day,
            ),
            _stored("merchant_id service policy monthly_fee_minor currency starts_on ends_on", "monthly_fee_minor"),
            _contract,
        ),
        Noun(
            "incidents",
            _columns(
                incident_id=parse_id,
                title=parse_text,
                service=parse_name,
                region_=parse_name,
                cause=parse_text,
                upstream_=parse_text,
                started_at=parse_instant,
                ended_at_=parse_instant,
                source=parse_text,
                source_ref=parse_text,
            ),
            _stored(
                "incident_id title service region cause upstream started_at_ms ended_at_ms source source_ref",
                "started_at_ms ended_at_ms",
            ),
            _incident,
        ),
        Noun(
            "timeline",
            _columns(
                incident_id=parse_id,
                at=parse_instant,
                share_available=parse_available_percent,
                text_=parse_text,
                source_=parse_text,
            ),
            _stored("incident_id at_ms available_ppm text source", "at_ms available_ppm"),
            _as_they_are,
        ),
        Noun(
            "impacts",
            _columns(
                incident_id=parse_id,
                merchant_id=parse_id,
                service=parse_name,
                started_at=parse_instant,
                ended_at=parse_instant,
                share=parse_share,
                orders_expected_=parse_count,
                orders_actual_=parse_count,
            ),
            _stored(
                "incident_id merchant_id service started_at_ms ended_at_ms share_ppm orders_expected orders_actual",
                "started_at_ms ended_at_ms share_ppm orders_expected orders_actual",
            ),
            _impact,
        ),
        Noun(
            "exclusions",
            _columns(
                exclusion_id=parse_id,
                kind=_kind,
                service=parse_name,
                region_=parse_name,
                merchant_id_=parse_id,
                started_at=parse_instant,
                ended_at=parse_instant,
                announced_at_=parse_instant,
                reason=parse_text,
            ),
            _stored(
                "exclusion_id kind service region merchant_id started_at_ms ended_at_ms announced_at_ms reason",
                "started_at_ms ended_at_ms announced_at_ms",
            ),
            _exclusion,
        ),
    )
}
"""Every kind of file by name."""
