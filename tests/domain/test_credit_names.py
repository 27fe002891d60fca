"""External ids are read back as what they were made from."""

from __future__ import annotations

import pytest

from sla_service.domain.credit_names import CreditName, parse_credit_name
from sla_service.domain.errors import InvalidValueError

CREDIT = CreditName("2023-09", "M-1", 1, "storefront", "2019-04-06")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("2023-09/M-1/storefront/2019-04-06", CREDIT),
        ("2023-09/M-1/storefront/2019-04-06/credit", CREDIT),
        ("2023-09/M-1/storefront/2019-04-06/2023-09-08/accrual", CREDIT),
        ("2023-09/M-1/storefront/2019-04-06/r2/credit", CreditName("2023-09", "M-1", 2, "storefront", "2019-04-06")),
        ("2023-09-M-1-USD-r1", CreditName("2023-09", "M-1", 1, currency="USD")),
        ("2023-09-M-1-EUR-r7-USD-r2", CreditName("2023-09", "M-1-EUR-r7", 2, currency="USD")),
        ("2023-09-M-1-USD-r1-p2", CreditName("2023-09", "M-1", 1, currency="USD")),
    ],
    ids=[
        "a credit",
        "its journal entry",
        "one period of several",
        "a correction",
        "a document",
        "a merchant whose id looks like a document",
        "a part of a document",
    ],
)
def test_a_name_says_month_merchant_and_revision(text, name):
    assert parse_credit_name(text) == name


@pytest.mark.parametrize("text", ["", "2023-09", "2023-09/M 1/storefront/2019-04-06", "2023-9-M-1-USD-r1", "x" * 500])
def test_anything_else_is_refused(text):
    with pytest.raises(InvalidValueError, match="as the export has it"):
        parse_credit_name(text)
