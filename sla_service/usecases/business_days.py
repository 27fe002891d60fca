"""Which days are business days: weekends and public holidays, the latter from a library that keeps up with them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import lru_cache

from sla_service.domain.errors import InvalidValueError

SATURDAY = 5


@lru_cache(maxsize=32)
def business_days(country: str) -> Callable[[date], bool]:
    """Whether a day is a business day in a country; with an empty code only weekends are not.

    Raises:
        InvalidValueError: The library does not know the country.
    """
    if not country:
        return lambda day: day.weekday() < SATURDAY
    # It knows every country of the world, and takes as long to load: only contracts with holidays pay for it.
    import holidays  # noqa: PLC0415

    try:
        known = holidays.country_holidays(country)
    except NotImplementedError:
        message = "the public holidays of this country are not known; leave `holidays` out"
        raise InvalidValueError.of("country_unknown", message, value=country) from None
    return known.is_working_day
