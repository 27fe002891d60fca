"""What ledgers call our credits and statements, read back: external ids name month, merchant and revision.

``2023-09/M000001/storefront/2019-04-06/credit`` is an entry of the journal, ``2023-09-M000001-USD-r1`` a document.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sla_service.domain.errors import InvalidValueError

_MONTH = r"(?P<period>[0-9]{4}-[0-9]{2})"
_MERCHANT = r"(?P<merchant_id>[A-Za-z0-9][A-Za-z0-9._:-]{0,63})"
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CREDIT = re.compile(
    rf"{_MONTH}/{_MERCHANT}/(?P<service>[a-z0-9][a-z0-9-]{{0,62}})/(?P<starts_on>{_DAY})"
    rf"(?:/{_DAY})?(?:/r(?P<revision>[1-9][0-9]{{0,5}}))?(?:/[a-z]+)?",
    re.ASCII,
)
_DOCUMENT = re.compile(
    rf"{_MONTH}-{_MERCHANT}-(?P<currency>[A-Z]{{3}})-r(?P<revision>[1-9][0-9]{{0,5}})(?:-p[0-9]+)?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class CreditName:
    """A credit (service and contract given) or a statement (currency given) of one merchant and month."""

    period: str
    merchant_id: str
    revision: int
    """1 for the month's close, 2 and more for its corrections."""
    service: str | None = None
    starts_on: str | None = None
    currency: str | None = None


def parse_credit_name(text: str) -> CreditName:
    """Read an external id.

    Raises:
        InvalidValueError: No export calls anything so.
    """
    match = _CREDIT.fullmatch(text) or _DOCUMENT.fullmatch(text)
    if match is None:
        message = "write the external id as the export has it, such as 2023-09/M000001/storefront/2019-04-06/credit"
        raise InvalidValueError.of("external_id_format", message, value=text)
    parts = match.groupdict()
    rest = (parts.get("service"), parts.get("starts_on"), parts.get("currency"))
    return CreditName(match["period"], match["merchant_id"], int(match["revision"] or 1), *rest)
