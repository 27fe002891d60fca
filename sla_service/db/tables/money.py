"""Runs, credits and the lines behind them; what people decided where no policy could."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, UniqueConstraint
from sqlalchemy import PrimaryKeyConstraint as Key
from sqlalchemy import text as sql
from sqlmodel import Field

from sla_service.db.tables.columns import STRICT, Record, big, one, optional_big, optional_text, text, zero

LIVE = sql("state NOT IN ('rejected', 'superseded')")
"""Runs that count; a rejected or superseded one is history."""
STATES = "'draft', 'calculated', 'submitted', 'approved', 'issuing', 'issued', 'rejected', 'superseded'"


class RunRecord(Record, table=True):
    __tablename__ = "runs"
    __table_args__ = (
        Key("run_id"),
        CheckConstraint(
            f"state IN ({STATES})",
            name="state",
        ),
        CheckConstraint("approved_by IS NULL OR approved_by <> created_by", name="four_eyes"),
        CheckConstraint(
            "first_approved_by IS NULL OR approved_by IS NULL OR first_approved_by <> approved_by", name="six_eyes"
        ),
        CheckConstraint("version > 0", name="version"),
        CheckConstraint("kind IN ('close', 'correction')", name="kind"),
        CheckConstraint("(kind = 'correction') = (revision > 1)", name="revision"),
        CheckConstraint("voids IS NULL OR (reason IS NOT NULL AND kind = 'correction')", name="void"),
        # One run at a time is on its way to being paid for a period, or has been; its corrections follow one by one.
        Index("uq_runs_live_period", "period", "revision", unique=True, sqlite_where=LIVE, postgresql_where=LIVE),
        STRICT,
    )

    run_id: int = big()
    period: str = text()
    state: str = text()
    version: int = big()
    digest: str = text()
    tzdb_version: str = text()
    created_at_ms: int = big()
    created_by: str = text()
    approved_at_ms: int | None = optional_big()
    approved_by: str | None = optional_text()
    issued_at_ms: int | None = optional_big()
    issued_by: str | None = optional_text()
    kind: str = Field(default="close", sa_type=Text, sa_column_kwargs={"server_default": "close"})
    revision: int = one()
    binding: str | None = optional_text()
    submitted_at_ms: int | None = optional_big()
    submitted_by: str | None = optional_text()
    first_approved_at_ms: int | None = optional_big()
    first_approved_by: str | None = optional_text()
    approval_reason: str | None = optional_text()
    rejected_at_ms: int | None = optional_big()
    rejected_by: str | None = optional_text()
    rejected_reason: str | None = optional_text()
    ledger_head: str | None = optional_text()
    incidents: str | None = optional_text()
    voids: str | None = optional_text()
    """Number of the statement that it takes back; a foreign key would go in a circle with the statements' own."""
    reason: str | None = optional_text()


class RunBatchRecord(Record, table=True):
    __tablename__ = "run_batches"
    __table_args__ = (
        Key("run_id", "batch_no"),
        ForeignKeyConstraint(["run_id"], ["runs.run_id"]),
        CheckConstraint("kind IN ('merchants', 'partners')", name="kind"),
        CheckConstraint("state IN ('planned', 'calculated', 'issued')", name="state"),
        STRICT,
    )

    run_id: int = big()
    batch_no: int = big()
    kind: str = text()
    first_id: str = text()
    last_id: str = text()
    first_credit_no: int = big()
    state: str = text()
    attempt: int = big()
    credits: int = zero()
    statements: int = zero()
    figures_sha256: str | None = optional_text()
    inputs: str | None = optional_text()
    first_number: int | None = optional_big()
    ledger_sha256: str | None = optional_text()
    changed_at_ms: int = big()


class RunStopRecord(Record, table=True):
    __tablename__ = "run_stops"
    __table_args__ = (Key("run_id"), ForeignKeyConstraint(["run_id"], ["runs.run_id"]), STRICT)

    run_id: int = big()
    batch_no: int | None = optional_big()
    reason: str = text()
    stopped_at_ms: int = big()
    stopped_by: str = text()


class CreditRecord(Record, table=True):
    __tablename__ = "credits"
    __table_args__ = (
        Key("run_id", "credit_no"),
        UniqueConstraint(
            *("run_id", "merchant_id", "service", "contract_starts_on", "period_start_ms"),
            name="uq_credits_contract_period",  # the convention's name is longer than PostgreSQL's names may be
        ),
        ForeignKeyConstraint(["run_id"], ["runs.run_id"]),
        CheckConstraint(
            "outcome IN ('met', 'credited', 'below_minimum', 'nothing_owed', 'undefined', 'parked', 'unclaimed')",
            name="outcome",
        ),
        CheckConstraint("(outcome = 'credited') = (amount_minor > 0 OR service_ms > 0)", name="amount"),
        Index(None, "merchant_id"),
        STRICT,
    )

    run_id: int = big()
    credit_no: int = big()
    merchant_id: str = text()
    partner_id: str | None = optional_text()
    service: str = text()
    contract_starts_on: str = text()
    policy: str = text()
    policy_version: int | None = optional_big()
    policy_digest: str | None = optional_text()
    curve: str | None = optional_text()
    time_zone: str | None = optional_text()
    period_start_ms: int | None = optional_big()
    period_end_ms: int | None = optional_big()
    fee_minor: int = big()
    currency: str = text()
    bad_ppm_ms: int | None = optional_big()
    excluded_ppm_ms: int | None = optional_big()
    unmeasured_ms: int | None = optional_big()
    total_ms: int | None = optional_big()
    target: str | None = optional_text()
    outcome: str = text()
    reason: str | None = optional_text()
    tier: int | None = optional_big()
    rate: str | None = optional_text()
    before_cap_minor: str | None = optional_text()
    cap_minor: str | None = optional_text()
    minimum_minor: int | None = optional_big()
    unrounded_minor: str | None = optional_text()
    amount_minor: int = big()
    service_ms: int = zero()
    availability: str | None = optional_text()
    rights: str | None = optional_text()
    steps: str | None = optional_text()
    claim_until: str | None = optional_text()
    decided_by: str | None = optional_text()
    before_minor: int = zero()
    before_service_ms: int = zero()
    stated_minor: int = zero()
    stated_service_ms: int = zero()


class CreditLineRecord(Record, table=True):
    __tablename__ = "credit_lines"
    __table_args__ = (
        Key("run_id", "credit_no", "line_no"),
        ForeignKeyConstraint(["run_id", "credit_no"], ["credits.run_id", "credits.credit_no"]),
        CheckConstraint("ended_at_ms > started_at_ms", name="window"),
        CheckConstraint(
            "status IN ('counted', 'excluded', 'too_short', 'not_affected', 'grace', 'partial_slot')", name="status"
        ),
        CheckConstraint("status = 'counted' OR counted_ppm_ms = 0", name="counted"),
        STRICT,
    )

    run_id: int = big()
    credit_no: int = big()
    line_no: int = big()
    incident_id: str = text()
    started_at_ms: int = big()
    ended_at_ms: int = big()
    impact_ppm_ms: int = big()
    counted_ppm_ms: int = big()
    status: str = text()
    reason: str | None = optional_text()


class DecisionRecord(Record, table=True):
    __tablename__ = "decisions"
    __table_args__ = (
        Key("period", "merchant_id", "service", "contract_starts_on", "period_start_ms"),
        ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"]),
        CheckConstraint("amount_minor >= 0", name="amount"),
        STRICT,
    )

    period: str = text()
    merchant_id: str = text()
    service: str = text()
    contract_starts_on: str = text()
    period_start_ms: int = zero()
    amount_minor: int = big()
    currency: str = text()
    reason: str = text()
    decided_at_ms: int = big()
    decided_by: str = text()
