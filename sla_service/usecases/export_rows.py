"""The rows of register, lines and journal of an issued run, page by page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import groupby
from typing import Any

from sqlmodel import Session

from sla_service.db.stated import STATES_SOMETHING, iter_credit_pages, iter_lines, iter_name_pages
from sla_service.domain.money import Money
from sla_service.domain.periods import Month
from sla_service.domain.policies import Policy
from sla_service.domain.policies.credits import Band
from sla_service.formats.exports.csv_table import Sums
from sla_service.formats.exports.names import credit_key
from sla_service.formats.exports.shapes import Behind, journal_rows, lines_row, register_row
from sla_service.usecases.policies_in_force import published_policies
from sla_service.usecases.redo_credit import base_of, steps_of
from sla_service.usecases.state_measured import INDICATORS

MISSED = frozenset({"credited", "below_minimum", "nothing_owed", "unclaimed"})
"""Outcomes that the register of a closed month has: what is credited, and what was missed without a credit."""
LINE_COLUMNS = (
    "credit_no", "incident_id", "started_at_ms", "ended_at_ms", "impact_ppm_ms", "counted_ppm_ms", "status", "reason",
)  # fmt: skip

Row = dict[str, Any]


def states_something(credit: Row) -> bool:
    """Whether a credit says that money or service time is given, or taken back."""
    return bool(credit["stated_minor"] or credit["stated_service_ms"])


def register(session: Session, run: Row, sums: Sums) -> Iterator[Row]:
    """Every credit that is stated and, of a closed month, every commitment that was missed without one."""
    policies = {policy.digest: policy for policy in published_policies(session)}
    is_close = run["kind"] == "close"
    for page in iter_credit_pages(session, run["run_id"], None if is_close else STATES_SOMETHING):
        incidents = _incidents(session, run, page)
        for credit in page:
            if states_something(credit) or (is_close and credit["outcome"] in MISSED):
                sums.add(Money(credit["currency"], credit["stated_minor"]))
                known = " ".join(incidents.get(credit["credit_no"], ()))
                yield _register_row(credit, run, policies[credit["policy_digest"]], known)


def _register_row(credit: Row, run: Row, policy: Policy, incidents: str) -> Row:
    behind = Behind(
        number=credit["number"],
        statement_sha256=credit["snapshot_sha256"],
        corrects=credit["corrects"],
        incidents=incidents,
        billing_ref=credit["billing_ref"],
        indicator=INDICATORS[type(policy.indicator)] or "windows",
        base=base_of(policy, credit),
        figure=steps_of(credit).get("figure", "") if policy.is_metric else "",
    )
    return register_row(_without_rates_of_bands(policy, credit), run, behind)


def _without_rates_of_bands(policy: Policy, credit: Row) -> Row:
    """A band pays its share for every outage in it, which is no rate of the credit."""
    is_band = credit["tier"] is not None and isinstance(policy.rows[credit["tier"]], Band)
    return {**credit, "rate": None} if is_band else credit


def _incidents(session: Session, run: Row, page: list[Row]) -> dict[int, dict[str, None]]:
    """Incidents per credit in order of time, each once."""
    behind: dict[int, dict[str, None]] = {}
    for line in iter_lines(session, run["run_id"], _ends(page), ("credit_no", "incident_id")):
        behind.setdefault(line["credit_no"], {})[line["incident_id"]] = None
    return behind


def _ends(page: list[Row]) -> tuple[int, int]:
    return page[0]["credit_no"], page[-1]["credit_no"]


def lines(session: Session, run: Row, sums: Sums) -> Iterator[Row]:
    """The stretches of incidents behind every credit that is stated."""
    for page in iter_credit_pages(session, run["run_id"], STATES_SOMETHING):
        credits = {credit["credit_no"]: credit for credit in page}
        for line in iter_lines(session, run["run_id"], _ends(page), LINE_COLUMNS):
            credit = credits.get(line["credit_no"])
            if credit is not None:
                sums.count()
                yield lines_row(line, credit, run)


def journal(session: Session, run: Row, sums: Sums, accounts: tuple[str, str]) -> Iterator[Row]:
    """Three entries per credit in money; service time is no money and has none."""
    last_day = (Month.parse(run["period"]).next.first_day - timedelta(days=1)).isoformat()
    credits = (credit for page in iter_name_pages(session, run["run_id"]) for credit in page)
    for credit, is_only in with_neighbours(credits):
        if credit["stated_minor"]:
            key = credit_key(credit, run, is_only=is_only)
            for row, money in journal_rows(credit, run, key, accounts, last_day):
                sums.add(money)
                yield row


def with_neighbours(credits: Iterable[Row]) -> Iterator[tuple[Row, bool]]:
    """Credits with whether each is the only one of its contract in the month; those of a contract are neighbours.

    What was credited to a contract or period that is gone is none of its periods, and stands apart from them.
    """
    for _contract, group in groupby(
        credits, key=lambda row: (row["merchant_id"], row["service"], row["contract_starts_on"])
    ):
        periods = list(group)
        for credit in periods:
            is_there = credit["total_ms"] is not None
            yield credit, is_there and sum(other["total_ms"] is not None for other in periods) == 1
