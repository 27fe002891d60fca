"""What the cells of a row say together: parsed cells, in order of the noun's columns, to the row's stored values."""

from __future__ import annotations

from typing import Any

from sla_service.domain.errors import InvalidValueError
from sla_service.domain.money import Money
from sla_service.domain.windows import Window


def as_they_are(*cells: Any) -> tuple[Any, ...]:  # noqa: ANN401 - whatever the columns' parsers gave
    """Each cell stands for itself."""
    return cells


def merchant_row(*cells: Any) -> tuple[Any, ...]:  # noqa: ANN401
    """``active_to`` after ``active_from``."""
    _ordered_days("active_to", cells[10], cells[11])
    return cells


def contract_row(
    merchant_id: str, service: str, policy: str, fee: str, currency: str, *days: str | None
) -> tuple[Any, ...]:
    """The fee in its currency; ``ends_on`` after ``starts_on``."""
    starts_on, ends_on = days
    _ordered_days("ends_on", starts_on, ends_on)
    return merchant_id, service, policy, _fee_minor(fee, currency), currency, starts_on, ends_on


def unit_row(*cells: str | None) -> tuple[Any, ...]:
    """``ends_on`` after ``starts_on``; a fee in its currency, or neither."""
    *key, starts_on, ends_on, fee, currency = cells
    _ordered_days("ends_on", starts_on, ends_on)
    if (fee is None) != (currency is None):
        error = InvalidValueError.of("required", "fill this in: a fee and its currency stand together, or neither does")
        raise at_column(error, "currency" if currency is None else "monthly_fee")
    minor = None if fee is None or currency is None else _fee_minor(fee, currency)
    return *key, starts_on, ends_on, minor, currency


def incident_row(*cells: Any) -> tuple[Any, ...]:  # noqa: ANN401
    """``ended_at`` after ``started_at``, once it is known."""
    if cells[7] is not None:
        _ordered(cells[6], cells[7])
    return cells


def impact_row(*cells: Any) -> tuple[Any, ...]:  # noqa: ANN401
    """``ended_at`` after ``started_at``; no unit is the empty one."""
    incident_id, merchant_id, service, unit, started_ms, ended_ms, *rest = cells
    _ordered(started_ms, ended_ms)
    return incident_id, merchant_id, service, unit or "", started_ms, ended_ms, *rest


def exclusion_row(*cells: Any) -> tuple[Any, ...]:  # noqa: ANN401
    """``ended_at`` after ``started_at``; a unit is one of a merchant's."""
    _ordered(cells[5], cells[6])
    if cells[11] is not None and cells[4] is None:
        message = "say whose unit it is: merchants may have units of the same name"
        raise at_column(InvalidValueError.of("required", message), "merchant_id")
    return cells


def usage_row(*cells: Any) -> tuple[Any, ...]:  # noqa: ANN401
    """``ended_at`` after ``started_at``; some figure; parts within their whole; no unit is the empty one."""
    merchant_id, service, unit, started_ms, ended_ms, *figures = cells
    _ordered(started_ms, ended_ms)
    requests, failed, tolerated, users, affected, value = figures
    if failed is not None or tolerated is not None:
        _parts("requests", requests, failed=failed, tolerated=tolerated)
    if affected is not None:
        _parts("users", users, users_affected=affected)
    if requests is None and users is None and value is None:
        error = InvalidValueError.of("figure_required", "fill in requests, users or value: a row says how much")
        raise at_column(error, "requests")
    return merchant_id, service, unit or "", started_ms, ended_ms, *figures


def _parts(column: str, whole: int | None, **parts: int | None) -> None:
    """Parts are told with their whole, and are no more than it."""
    if whole is not None and sum(part or 0 for part in parts.values()) <= whole:
        return
    told = {name: part for name, part in parts.items() if part is not None}
    if whole is None:
        error = InvalidValueError.of("required", f"fill this in: {' and '.join(told)} are parts of it")
        raise at_column(error, column)
    error = InvalidValueError.of("parts_exceed", f"{' + '.join(told)} is more than the {whole} {column} of the row")
    raise at_column(error, next(iter(told)), " + ".join(map(str, told.values())))


def _fee_minor(fee: str, currency: str) -> int:
    try:
        money = Money.parse(fee, currency)
        if money.minor < 0:
            raise InvalidValueError.of("amount_range", "a fee is not negative")
    except InvalidValueError as error:
        raise at_column(error, "monthly_fee", fee) from None
    return money.minor


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
