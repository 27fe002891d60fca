"""Identifiers in addresses: what cannot be one is not found, without a look into the database."""

from __future__ import annotations

from sla_service.domain.errors import InvalidValueError, NotFoundError
from sla_service.domain.periods import Month
from sla_service.formats.cells import parse_id

MAX_RUN_DIGITS = 15


def known_id(text: str, noun: str) -> str:
    """The same text, if it can be an id.

    Raises:
        NotFoundError: It cannot.
    """
    try:
        return parse_id(text)
    except InvalidValueError:
        raise NotFoundError(f"there is no such {noun}") from None


def run_number(text: str) -> int:
    """A run's number.

    Raises:
        NotFoundError: It is no number.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_RUN_DIGITS):
        raise NotFoundError("there is no such run")
    return int(text)


def month_of(text: str) -> Month:
    """A month in an address.

    Raises:
        InvalidValueError: Another form, or a month that does not exist.
    """
    try:
        return Month.parse(text)
    except InvalidValueError as error:
        problem = error.problems[0]
        raise InvalidValueError.of(problem.rule, problem.message, value=text, path="month") from None
