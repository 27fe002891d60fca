"""Calculate a period: measure every subject in columns, assess each distinct case once, store the result."""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from sqlmodel import Session

from sla_service.db.credits import credits_schema, lines_schema, save_credits
from sla_service.db.numbering import take_numbers
from sla_service.db.runs import change_state, find_live_run, save_run
from sla_service.db.tables import RunRecord
from sla_service.domain.assessment import Assessment, Measurement, assess
from sla_service.domain.errors import ConflictError, InvalidValueError
from sla_service.domain.incidents import contradicts_its_end
from sla_service.domain.instants import format_instant
from sla_service.domain.money import Money
from sla_service.domain.periods import Month
from sla_service.domain.policies import Policy
from sla_service.usecases.gather_evidence import Gathered, Subject, gather
from sla_service.usecases.progress import Progress, silent

if TYPE_CHECKING:
    from sla_service.measure.availability import Measured


@dataclass(frozen=True, slots=True)
class _Totals:
    """One subject's row of ``measure.columns.TOTALS``."""

    bad_ppm_ms: int
    excluded_ppm_ms: int
    unmeasured_ms: int
    total_ms: int


def calculate_run(
    session: Session,
    month: Month,
    *,
    now_ms: int,
    actor: str,
    progress: Progress = silent,
) -> RunRecord:
    """Calculate the credits of a month as a new run; an earlier draft of the month is superseded.

    Raises:
        ConflictError: The month has not ended everywhere, its run is already approved or issued, or an incident's
            reports contradict its end.
        InvalidValueError: No contract was in force in the month.
    """
    # Ibis takes long to import: only those who measure pay for it.
    from sla_service.measure.availability import measure  # noqa: PLC0415
    from sla_service.usecases.evidence_tables import evidence_tables  # noqa: PLC0415

    _supersede(session, month)
    progress("Reading evidence", 0, 1)
    gathered = gather(session, month, as_of_ms=now_ms)
    if not gathered.subjects:
        raise InvalidValueError.of("run_empty", f"no merchant had a contract in {month}; import contracts first")
    _refuse_contradictions(gathered)
    last_ms = max((subject.window.end_ms for subject in gathered.subjects if subject.window), default=0)
    if last_ms > now_ms:
        ends = format_instant(month.window("UTC").end_ms if last_ms == 0 else last_ms)
        raise ConflictError("period_open", f"{month} has not ended for every merchant; it does at {ends}")
    progress("Measuring", 0, 1)
    measured = measure(evidence_tables(gathered))
    run_id = take_numbers(session, "runs", 1)
    credits = _credits(run_id, gathered, measured, progress)
    lines = _lines(run_id, gathered, measured)
    run = RunRecord(
        run_id=run_id,
        period=str(month),
        state="calculated",
        version=1,
        digest=credits_digest(credits, lines),
        tzdb_version=importlib.metadata.version("tzdata"),
        created_at_ms=now_ms,
        created_by=actor,
    )
    save_run(session, run)
    progress("Storing", 0, 1)
    save_credits(session, credits, lines)
    return run


def _refuse_contradictions(gathered: Gathered) -> None:
    """Evidence about everyone that cannot all be true is settled by a person before it becomes money."""
    for incident in gathered.incidents:
        if contradicts_its_end(incident):
            last = incident.timeline[-1]
            message = (
                f"{incident.incident_id} ended at {format_instant(incident.ended_at_ms or 0)}, but its report of "
                f"{format_instant(last.at_ms)} says that not all was back; import the report of full recovery, or its "
                f"right end with --update"
            )
            raise ConflictError("timeline_after_end", message)


def _supersede(session: Session, month: Month) -> None:
    before = find_live_run(session, str(month))
    if before is None:
        return
    if before.state != "calculated":
        raise ConflictError("run_exists", f"run {before.run_id} for {month} is already {before.state}")
    change_state(session, before, to="superseded")


def _credits(run_id: int, gathered: Gathered, measured: Measured, progress: Progress) -> pa.Table:
    """A row per subject, parked ones included; numbers follow the order of the subjects."""
    totals = {
        row[0]: _Totals(*row[1:])
        for row in zip(*(column.to_pylist() for column in measured.totals.columns), strict=True)
    }
    cases: dict[tuple[Any, ...], Assessment | str] = {}
    schema = credits_schema()
    columns: dict[str, list[Any]] = {name: [] for name in schema.names}
    for i, subject in enumerate(gathered.subjects):
        row = _credit(subject, totals.get(i), cases)
        row |= {"run_id": run_id, "credit_no": i + 1}
        for name, values in columns.items():
            values.append(row.get(name))
        if i % 5_000 == 0:
            progress("Assessing", i, len(gathered.subjects))
    progress("Assessing", len(gathered.subjects), len(gathered.subjects))
    return pa.table([pa.array(columns[n], t) for n, t in zip(schema.names, schema.types, strict=True)], schema=schema)


def _credit(subject: Subject, totals: _Totals | None, cases: dict[tuple[Any, ...], Assessment | str]) -> dict[str, Any]:
    contract = subject.contract
    row: dict[str, Any] = {
        "merchant_id": contract.merchant_id,
        "partner_id": subject.partner_id,
        "service": contract.service,
        "contract_starts_on": contract.starts_on.isoformat(),
        "policy": contract.policy,
        "fee_minor": contract.monthly_fee.minor,
        "currency": contract.monthly_fee.currency,
        "outcome": "parked",
        "reason": subject.parked_reason,
        "amount_minor": 0,
    }
    policy = subject.policy
    if policy is None or subject.window is None or totals is None:
        return row
    row |= _measured_columns(subject, policy, totals)
    # Assessed once per distinct case: after a platform-wide incident a million merchants are a few hundred of them.
    case = (policy.digest, totals.bad_ppm_ms, totals.total_ms, contract.monthly_fee)
    if case not in cases:
        cases[case] = _assess(policy, totals, contract.monthly_fee)
    assessment = cases[case]
    if isinstance(assessment, str):
        return row | {"reason": assessment}
    return row | _assessed_columns(assessment)


def _assess(policy: Policy, totals: _Totals, fee: Money) -> Assessment | str:
    """The assessment, or why there is none; one merchant's trouble stays that merchant's."""
    try:
        return assess(policy, Measurement(totals.bad_ppm_ms, totals.total_ms), fee)
    except InvalidValueError as error:
        return str(error)


def _measured_columns(subject: Subject, policy: Policy, totals: _Totals) -> dict[str, Any]:
    window = subject.window
    return {
        "policy_version": policy.version,
        "policy_digest": policy.digest,
        "curve": policy.curve.value,
        "time_zone": subject.time_zone,
        "period_start_ms": window.start_ms if window else None,
        "period_end_ms": window.end_ms if window else None,
        "bad_ppm_ms": totals.bad_ppm_ms,
        "excluded_ppm_ms": totals.excluded_ppm_ms,
        "unmeasured_ms": totals.unmeasured_ms,
        "total_ms": totals.total_ms,
        "target": str(policy.target),
    }


def _assessed_columns(assessment: Assessment) -> dict[str, Any]:
    return {
        "outcome": assessment.outcome.value,
        "reason": assessment.reason or None,
        "tier": assessment.tier,
        "rate": None if assessment.rate is None else str(assessment.rate),
        "before_cap_minor": str(assessment.before_cap_minor),
        "cap_minor": None if assessment.cap_minor is None else str(assessment.cap_minor),
        "minimum_minor": assessment.minimum.minor if assessment.minimum else None,
        "unrounded_minor": str(assessment.unrounded_minor),
        "amount_minor": assessment.amount.minor,
    }


def _lines(run_id: int, gathered: Gathered, measured: Measured) -> pa.Table:
    """The measured lines, numbered per credit, with the incidents' own ids."""
    lines = measured.lines
    rows = lines.num_rows
    ids = pa.array([incident.incident_id for incident in gathered.incidents], pa.string())
    subject = lines["subject"]
    # Lines come sorted by subject, so that a line's number is its position less that of the subject's first line.
    position = pa.array(range(rows), pa.int64())
    first = pa.table({"subject": subject, "position": position}).group_by("subject").aggregate([("position", "min")])
    start = pc.take(first["position_min"], pc.index_in(subject, first["subject"])) if rows else position
    return pa.table(
        [
            pa.array([run_id] * rows, pa.int64()),
            pc.add(subject, 1),
            pc.add(pc.subtract(position, start), 1),
            pc.take(ids, lines["incident"]),
            lines["start_ms"],
            lines["end_ms"],
            lines["impact_ppm_ms"],
            lines["counted_ppm_ms"],
            lines["status"],
            lines["reason"],
        ],
        schema=lines_schema(),
    )


def credits_digest(*tables: pa.Table) -> str:
    """SHA-256 of the figures, for the approver to bind to; run numbers are not among them."""
    digest = hashlib.sha256()
    for table in tables:
        # In one piece first: the same figures have one digest, however many chunks they come in.
        for batch in table.drop_columns(["run_id"]).combine_chunks().to_batches(max_chunksize=50_000):
            buffer = io.BytesIO()
            pyarrow.csv.write_csv(batch, buffer)
            digest.update(buffer.getvalue())
    return digest.hexdigest()
