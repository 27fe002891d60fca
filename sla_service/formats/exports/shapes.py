"""The columns of each export, and how stored values become cells. ``docs/exports.md`` describes every column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sla_service.domain.instants import DAY_MS, MINUTE_MS, format_instant, to_datetime
from sla_service.domain.measurement import Measurement
from sla_service.domain.money import Money, format_exact
from sla_service.domain.shares import format_floored, format_floored_between, format_percent
from sla_service.domain.windows import SHARE_FULL_PPM

Row = Mapping[str, Any]

REGISTER = (
    "run", "statement_number", "merchant_id", "partner_id", "billing_ref", "service", "contract_starts_on", "period",
    "time_zone", "policy", "policy_version", "policy_digest", "method", "availability", "availability_exact", "target",
    "period_minutes", "bad_minutes", "excluded_minutes", "unmeasured_minutes", "tier", "base", "rate", "unrounded",
    "cap", "cap_applied", "minimum_applied", "amount", "currency", "outcome", "incidents",
    "issued_on", "approved_by", "corrects", "statement_sha256",
    "indicator", "figure", "requests", "bad_requests", "base_amount", "service_days", "rights", "decided_by",
    "claim_until", "period_starts_at", "period_ends_at",
    "revision", "owed", "credited_before",
)  # fmt: skip
LINES = (
    "run", "statement_number", "merchant_id", "service", "period", "incident_id", "started_at", "ended_at",
    "impact_minutes", "counted_minutes", "status", "reason",
)  # fmt: skip
JOURNAL = (
    "date", "account_debit", "account_credit", "amount", "currency", "memo", "external_id", "statement_number",
)  # fmt: skip

MINUTE_DIGITS = 6
"""A millisecond at a share of one millionth is 1.7e-11 minutes; six decimals are cut, the exact ratio stands beside."""


def minutes(ppm_ms: int) -> str:
    """Share × milliseconds as decimal minutes, cut after six digits, without trailing zeros."""
    scaled = ppm_ms * 10**MINUTE_DIGITS // (SHARE_FULL_PPM * MINUTE_MS)
    whole, digits = divmod(scaled, 10**MINUTE_DIGITS)
    decimals = str(digits).rjust(MINUTE_DIGITS, "0").rstrip("0")
    return f"{whole}.{decimals}" if decimals else str(whole)


def decimal(exact: Fraction, digits: int = 9) -> str:
    """A plain decimal without trailing zeros; a fraction, ``1/3``, if it has none that is short."""
    for places in range(digits + 1):
        scaled = exact * 10**places
        if scaled.denominator == 1:
            sign, text = ("-" if scaled < 0 else ""), str(abs(scaled.numerator)).rjust(places + 1, "0")
            return f"{sign}{text[:-places]}.{text[-places:]}" if places else f"{sign}{text}"
    return str(exact)


@dataclass(frozen=True, slots=True)
class Behind:
    """What stands behind a credit's row in other tables."""

    number: str | None = None
    """Of the statement that states it, if one does."""
    statement_sha256: str | None = None
    corrects: str | None = None
    """Number of the statement that this one corrects."""
    incidents: str = ""
    """Ids of the incidents, separated by blanks."""
    billing_ref: str | None = None
    """Of the merchant, for billing to find the account."""
    indicator: str = "windows"
    """Of what availability is computed: a kind of the policy language."""
    base: Fraction | None = None
    """What shares are of, in minor units, where it is known."""
    figure: str = ""
    """A metric's value, exact, where it is known."""


MEASURED = (
    "availability", "availability_exact", "target", "period_minutes", "bad_minutes", "excluded_minutes",
    "unmeasured_minutes", "figure", "requests", "bad_requests",
)  # fmt: skip
REQUESTS = frozenset({"events", "scored_events"})
"""Indicators whose denominator is a number of requests."""


def register_row(credit: Row, run: Row, behind: Behind) -> dict[str, Any]:
    """One credit of an issued run.

    Args:
        credit: A row of the credits table that was measured.
        run: Its run.
        behind: What else is known of it.
    """
    currency = credit["currency"]
    cap, before_cap = credit["cap_minor"], credit["before_cap_minor"] or 0
    return {
        "run": run["run_id"],
        "statement_number": behind.number,
        "merchant_id": credit["merchant_id"],
        "partner_id": credit["partner_id"],
        "billing_ref": behind.billing_ref,
        "service": credit["service"],
        "contract_starts_on": credit["contract_starts_on"],
        "period": run["period"],
        "time_zone": credit["time_zone"],
        "policy": credit["policy"],
        "policy_version": credit["policy_version"],
        "policy_digest": credit["policy_digest"],
        "method": credit["curve"],
        **_measured(credit, behind),
        "tier": None if credit["tier"] is None else credit["tier"] + 1,
        "base": Money(currency, credit["fee_minor"]).amount,
        # Blocks and days have a share each, which is no rate of the credit.
        "rate": _percent(Fraction(credit["rate"])) if credit["rate"] and credit["tier"] is not None else None,
        "unrounded": format_exact(Fraction(credit["unrounded_minor"] or 0), currency),
        "cap": None if cap is None else format_exact(Fraction(cap), currency),
        "cap_applied": "yes" if cap is not None and Fraction(before_cap) > Fraction(cap) else "no",
        "minimum_applied": "yes" if credit["outcome"] == "below_minimum" else "no",
        "amount": Money(currency, credit["stated_minor"]).amount,
        "currency": currency,
        "outcome": credit["outcome"],
        "incidents": behind.incidents,
        "issued_on": to_datetime(run["issued_at_ms"]).date().isoformat() if run["issued_at_ms"] else None,
        "approved_by": run["approved_by"],
        "corrects": behind.corrects,
        "statement_sha256": behind.statement_sha256,
        "base_amount": None if behind.base is None else format_exact(behind.base, currency),
        "service_days": decimal(Fraction(credit["stated_service_ms"], DAY_MS)) if credit["stated_service_ms"] else None,
        "rights": credit["rights"],
        "decided_by": credit["decided_by"],
        "claim_until": credit["claim_until"],
        "period_starts_at": format_instant(credit["period_start_ms"]),
        "period_ends_at": format_instant(credit["period_end_ms"]),
        "revision": run["revision"],
        "owed": Money(currency, credit["amount_minor"]).amount,
        "credited_before": Money(currency, credit["before_minor"]).amount,
    }


def _measured(credit: Row, behind: Behind) -> dict[str, Any]:
    """Availability, or a metric's figure; minutes, or requests. What a kind of indicator does not have is empty.

    So is everything of a contract that was credited and is gone: nothing was measured.
    """
    if credit["total_ms"] is None:
        return {**dict.fromkeys(MEASURED), "indicator": behind.indicator}
    is_metric, is_requests = behind.indicator == "metric", behind.indicator in REQUESTS
    target = None if credit["target"] is None else Fraction(credit["target"])
    exact = Fraction(credit["availability"]) if credit["availability"] else _floored(credit)
    shown = format_floored(exact) if target is None or is_metric else format_floored_between(exact, target)
    is_timed = not (is_metric or is_requests)
    return {
        "availability": None if is_metric else shown,
        "availability_exact": None if is_metric else str(exact),
        "target": None if target is None else decimal(target) if is_metric else _percent(target),
        "period_minutes": None if is_requests else minutes(credit["total_ms"] * SHARE_FULL_PPM),
        "bad_minutes": minutes(credit["bad_ppm_ms"]) if is_timed else None,
        "excluded_minutes": minutes(credit["excluded_ppm_ms"]),
        "unmeasured_minutes": minutes(credit["unmeasured_ms"] * SHARE_FULL_PPM),
        "indicator": behind.indicator,
        "figure": decimal(Fraction(behind.figure)) if behind.figure else None,
        "requests": credit["total_ms"] if is_requests else None,
        "bad_requests": decimal((1 - exact) * credit["total_ms"]) if is_requests else None,
    }


def _floored(credit: Row) -> Fraction:
    return Measurement(credit["bad_ppm_ms"], credit["total_ms"]).availability


def _percent(ratio: Fraction) -> str:
    """A term of a contract; as a fraction, ``1/3``, if it has no finite decimal."""
    try:
        return format_percent(ratio)
    except ValueError:
        return str(ratio)


def lines_row(line: Row, credit: Row, run: Row) -> dict[str, Any]:
    """One incident window behind a credit."""
    return {
        "run": run["run_id"],
        "statement_number": credit["number"],
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


def journal_rows(
    credit: Row, run: Row, key: str, accounts: tuple[str, str], last_day: str
) -> list[tuple[dict[str, Any], Money]]:
    """A credit's accrual in the incident's month, its reversal, and the credit itself on the day of issue.

    What a correction takes back is booked the other way round, for an amount is always positive.

    Args:
        credit: A row that states an amount, with the number of its statement, and of the one that this corrects.
        run: Its issued run.
        key: The credit's name in ledgers.
        accounts: Debit and credit account.
        last_day: Of the period, ISO.

    Returns:
        Rows with their amounts.
    """
    money = Money(credit["currency"], abs(credit["stated_minor"]))
    debit, owed = accounts if credit["stated_minor"] > 0 else accounts[::-1]
    issued_on, number = to_datetime(run["issued_at_ms"]).date().isoformat(), credit["number"]
    what = f"{'void' if credit['is_void'] else 'correction'} {number} of {credit['corrects']}"
    what = f"service credit {number}" if credit["corrects"] is None else what
    entries = (
        (last_day, debit, owed, f"Accrual of {what}", "accrual"),
        (issued_on, owed, debit, f"Reversal of the accrual of {what}", "reversal"),
        (issued_on, debit, owed, what[0].upper() + what[1:], "credit"),
    )
    return [
        (
            {
                "date": date,
                "account_debit": account_debit,
                "account_credit": account_credit,
                "amount": money.amount,
                "currency": money.currency,
                "memo": memo,
                "external_id": f"{key}/{kind}",
                "statement_number": number,
            },
            money,
        )
        for date, account_debit, account_credit, memo, kind in entries
    ]
