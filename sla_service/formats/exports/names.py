"""What credits and documents are called in ledgers: the same thing has the same name, however often it is exported.

Names come from what is owed: the month, the merchant, the service or currency, and the revision of the run. Neither the
run's number nor the time of an export is part of one, so that a ledger that refuses known names cannot credit anybody
twice. Ids have no slash, and no currency looks like a revision, so that two things never share a name.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from sla_service.domain.instants import to_datetime

SHORT_NUMBER_CHARACTERS = 21
"""What QuickBooks takes as the number of a document."""


def credit_key(credit: Mapping[str, Any], run: Mapping[str, Any], *, is_only: bool = True) -> str:
    """What a credit is called in ledgers: ``2023-09/M000001/storefront/2019-04-06``.

    Args:
        credit: A row of the credits table.
        run: Its run.
        is_only: Whether its contract has one period in the month; otherwise the period's first day is part of the name.
    """
    key = f"{run['period']}/{credit['merchant_id']}/{credit['service']}/{credit['contract_starts_on']}"
    if not is_only:
        key += f"/{to_datetime(credit['period_start_ms'], credit['time_zone']).date().isoformat()}"
    # Only corrections are numbered: what closed months were called before there were any stays true.
    return f"{key}/r{run['revision']}" if run["revision"] > 1 else key


def document_key(merchant_id: str, currency: str, run: Mapping[str, Any]) -> str:
    """What a statement is called in ledgers: ``2023-09-M000001-USD-r1``.

    With hyphens, because not every ledger takes a slash; read from its end it has one meaning, though ids may hold
    hyphens.
    """
    return f"{run['period']}-{merchant_id}-{currency}-r{run['revision']}"


def short_number(number: str) -> str:
    """A document's number in at most ``SHORT_NUMBER_CHARACTERS``: its own, or one that is derived from it."""
    if len(number) <= SHORT_NUMBER_CHARACTERS:
        return number
    digest = base64.b32encode(hashlib.sha256(number.encode()).digest()).decode()
    # A hundred bits: far too many for two of a million documents to share them.
    return f"S{digest[: SHORT_NUMBER_CHARACTERS - 1]}"
