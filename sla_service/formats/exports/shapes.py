"""The columns of each export, and how stored values become cells. ``docs/exports.md`` describes every column."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from sla_service.domain.assessment import Measurement
from sla_service.domain.instants import MINUTE_MS, format_instant, to_datetime
from sla_service.domain.money import Money, format_exact
from sla_service.domain.shares import format_floored_between, format_percent
from sla_service.domain.windows import SHARE_FULL_PPM

Row = Mapping[str, Any]

REGISTER = (
    "run", "statement_number", "merchant_id", "partner_id", "billing_ref", "service", "contract_starts_on", "period",
    "time_zone", "policy", "policy_version", "policy_digest", "method", "availability", "availability_exact", "target",
    "period_minutes", "bad_minutes", "excluded_minutes", "unmeasured_minutes", "tier", "base", "rate", "unrounded",
    "cap", "cap_applied", "minimum_applied", "amount", "currency", "outcome", "incidents",
    "issued_on", "approved_by", "corrects", "statement_sha256",
)  # fmt: skip
LINES = (
    "run", "statement_number", "merchant_id", "service", "period", "incident_id", "started_at", "ended_at",
    "impact_minutes", "counted_minutes", "status", "reason",
)  # fmt: skip
JOURNAL = ("date", "account_debit", "account_credit", "amount", "currency", "memo", "external_id")

MINUTE_DIGITS = 6
"""A millisecond at a share of one millionth is 1.7e-11 minutes; six decimals are cut, the exact ratio stands beside."""


def minutes(ppm_ms: int) -> str:
    """Share × milliseconds as decimal minutes, cut after six digits, without trailing zeros."""
    scaled = ppm_ms * 10**MINUTE_DIGITS // (SHARE_FULL_PPM * MINUTE_MS)
    whole, digits = divmod(scaled, 10**MINUTE_DIGITS)
    decimals = str(digits).rjust(MINUTE_DIGITS, "0").rstrip("0")
    return f"{whole}.{decimals}" if decimals else str(whole)


def register_row(
    credit: Row, run: Row, statement: Row | None, incidents: str, billing_ref: str | None
) -> dict[str, Any]:
    """One credit of an issued run.

    Args:
        credit: A row of the credits table that was measured.
        run: Its run.
        statement: Number and digest of the statement that states it, if one does.
        incidents: Ids of the incidents behind it, separated by blanks.
        billing_ref: Of the merchant, for billing to find the account.
    """
    currency = credit["currency"]
    availability = Measurement(credit["bad_ppm_ms"], credit["total_ms"]).availability
    target = Fraction(credit["target"])
    cap, before_cap = credit["cap_minor"], credit["before_cap_minor"]
    return {
        "run": run["run_id"],
        "statement_number": statement["number"] if statement else None,
        "merchant_id": credit["merchant_id"],
        "partner_id": credit["partner_id"],
        "billing_ref": billing_ref,
        "service": credit["service"],
        "contract_starts_on": credit["contract_starts_on"],
        "period": run["period"],
        "time_zone": credit["time_zone"],
        "policy": credit["policy"],
        "policy_version": credit["policy_version"],
        "policy_digest": credit["policy_digest"],
        "method": credit["curve"],
        "availability": format_floored_between(availability, target),
        "availability_exact": str(availability),
        "target": format_percent(target),
        "period_minutes": minutes(credit["total_ms"] * SHARE_FULL_PPM),
        "bad_minutes": minutes(credit["bad_ppm_ms"]),
        "excluded_minutes": minutes(credit["excluded_ppm_ms"]),
        "unmeasured_minutes": minutes(credit["unmeasured_ms"] * SHARE_FULL_PPM),
        "tier": None if credit["tier"] is None else credit["tier"] + 1,
        "base": Money(currency, credit["fee_minor"]).amount,
        "rate": None if credit["rate"] is None else format_percent(Fraction(credit["rate"])),
        "unrounded": format_exact(Fraction(credit["unrounded_minor"]), currency),
        "cap": None if cap is None else format_exact(Fraction(cap), currency),
        "cap_applied": "yes" if cap is not None and Fraction(before_cap) > Fraction(cap) else "no",
        "minimum_applied": "yes" if credit["outcome"] == "below_minimum" else "no",
        "amount": Money(currency, credit["amount_minor"]).amount,
        "currency": currency,
        "outcome": credit["outcome"],
        "incidents": incidents,
        "issued_on": to_datetime(run["issued_at_ms"]).date().isoformat() if run["issued_at_ms"] else None,
        "approved_by": run["approved_by"],
        "corrects": None,
        "statement_sha256": statement["snapshot_sha256"] if statement else None,
    }


def lines_row(line: Row, credit: Row, run: Row, statement: Row | None) -> dict[str, Any]:
    """One incident window behind a credit."""
    return {
        "run": run["run_id"],
        "statement_number": statement["number"] if statement else None,
        "merchant_id": credit["merchant_id"],
        "service": credit["service"],
        "period": run["period"],
        "incident_id": line["incident_id"],
        "started_at": format_instant(line["started_at_ms"]),
        "ended_at": format_instant(line["ended_at_ms"]),
        "impact_minutes": minutes(line["impact_ppm_ms"]),
        "counted_minutes": minutes(line["counted_ppm_ms"]),
        "status": line["status"],
        "reason": line["reason"],
    }


def journal_rows(credit: Row, run: Row, number: str, accounts: tuple[str, str], last_day: str) -> list[dict[str, Any]]:
    """A credit's accrual in the incident's month, its reversal, and the credit itself on the day of issue.

    Args:
        credit: A credited row.
        run: Its issued run.
        number: Of the statement.
        accounts: Debit and credit account.
        last_day: Of the period, ISO.
    """
    debit, owed = accounts
    issued_on = to_datetime(run["issued_at_ms"]).date().isoformat()
    # Ids may hold hyphens but no slash, so that two credits never share a key.
    key = f"{run['period']}/{credit['merchant_id']}/{credit['service']}/{credit['contract_starts_on']}"
    entries = (
        (last_day, debit, owed, f"Accrual of service credit {number}", "accrual"),
        (issued_on, owed, debit, f"Reversal of the accrual of service credit {number}", "reversal"),
        (issued_on, debit, owed, f"Service credit {number}", "credit"),
    )
    return [
        {
            "date": date,
            "account_debit": account_debit,
            "account_credit": account_credit,
            "amount": Money(credit["currency"], credit["amount_minor"]).amount,
            "currency": credit["currency"],
            "memo": memo,
            "external_id": f"{key}/{kind}",
        }
        for date, account_debit, account_credit, memo, kind in entries
    ]
