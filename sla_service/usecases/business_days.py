"""Which days are business days: weekends and public holidays, the latter from a library that keeps up with them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache

from sla_service.domain.errors import InvalidValueError

SATURDAY = 5
PATH = "claim.holidays"
"""Where a policy file says it."""
CODE = re.compile(r"[A-Z0-9]{1,3}")
"""Of a part of a country: other names are the library's own."""


@lru_cache(maxsize=32)
def business_days(place: str) -> Callable[[date], bool]:
    """Whether a day is a business day somewhere: ``CN``, ``DE-BY``; with an empty code only weekends are not.

    Raises:
        InvalidValueError: The library does not know the country, or that part of it.
    """
    if not place:
        return lambda day: day.weekday() < SATURDAY
    # It knows every country of the world, and takes as long to load: only contracts with holidays pay for it.
    import holidays  # noqa: PLC0415

    country, _, part = place.partition("-")
    try:
        return holidays.country_holidays(country, subdiv=part or None).is_working_day
    except NotImplementedError:
        raise InvalidValueError.of("country_unknown", _unknown(country, part), value=place, path=PATH) from None


def _unknown(country: str, part: str) -> str:
    import holidays  # noqa: PLC0415 - the same

    parts = holidays.list_supported_countries().get(country)
    if parts is None or not part:
        return "the public holidays of this country are not known; leave `holidays` out"
    codes = [f"{country}-{one}" for one in parts if CODE.fullmatch(one)]
    write = f"write one of: {', '.join(codes)}" if codes else f"write `{country}`"
    return f"the public holidays of this part of the country are not known; {write}"
