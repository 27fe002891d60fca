"""Calculate a period: measure every subject in columns, assess each distinct case once, store the result."""

from __future__ import annotations

import hashlib
import importlib.metadata
import io

import pyarrow as pa
import pyarrow.csv
from sqlmodel import Session

from sla_service.db.credits import save_credits
from sla_service.db.numbering import take_numbers
from sla_service.db.runs import change_state, find_live_run, save_run
from sla_service.db.tables import RunRecord
from sla_service.domain.errors import ConflictError, InvalidValueError
from sla_service.domain.incidents import contradicts_its_end
from sla_service.domain.instants import format_instant
from sla_service.domain.periods import Month
from sla_service.usecases.collecting import not_collecting
from sla_service.usecases.contract_facts import surroundings
from sla_service.usecases.credit_rows import CreditRows
from sla_service.usecases.decide_credit import decisions_of
from sla_service.usecases.gather_evidence import Gathered, gather
from sla_service.usecases.progress import Progress, silent


@not_collecting()
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
    gathered = gather(session, month, as_of_ms=now_ms, in_columns=True)
    if not gathered.count:
        raise InvalidValueError.of("run_empty", f"no merchant had a contract in {month}; import contracts first")
    _refuse_contradictions(gathered)
    if gathered.last_ms > now_ms:
        ends = format_instant(gathered.last_ms)
        raise ConflictError("period_open", f"{month} has not ended for every merchant; it does at {ends}")
    progress("Measuring", 0, 1)
    tables = evidence_tables(gathered)
    measured = measure(tables.evidence)
    run_id = take_numbers(session, "runs", 1)
    rows = CreditRows(run_id, gathered, tables, measured)
    credits = rows.credits(surroundings(session, gathered), decisions_of(session, str(month)), progress)
    lines = rows.lines()
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
