"""Calculate a period: measure every subject in columns, assess each distinct case once, store the result.

A run is worked in batches of merchants, each in a transaction of its own or all in one; the figures are the same.
"""

from __future__ import annotations

import hashlib
import io
import json

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from sqlmodel import Session

from sla_service.db.credits import credits_schema, lines_schema, save_credits
from sla_service.db.run_batches import claim_batch, finish_batch, list_batches, load_batch
from sla_service.db.runs import change_state, load_run
from sla_service.db.tables import RunBatchRecord, RunRecord
from sla_service.domain.errors import ConflictError, InvalidValueError
from sla_service.domain.incidents import contradicts_its_end
from sla_service.domain.instants import format_instant
from sla_service.domain.periods import Month
from sla_service.usecases.collecting import not_collecting
from sla_service.usecases.contract_facts import Surroundings, surroundings
from sla_service.usecases.correct_credits import corrected, merchants_of
from sla_service.usecases.credit_rows import CreditRows
from sla_service.usecases.decide_credit import decisions_of
from sla_service.usecases.decide_run import require_state
from sla_service.usecases.decided import Decisions
from sla_service.usecases.fingerprint_inputs import inputs_of
from sla_service.usecases.gather_evidence import Gathered, gather
from sla_service.usecases.plan_run import plan_run
from sla_service.usecases.policies_in_force import published_policies
from sla_service.usecases.progress import Progress, silent


def calculate_run(
    session: Session,
    month: Month,
    *,
    now_ms: int,
    actor: str,
    progress: Progress = silent,
) -> RunRecord:
    """Calculate the credits of a month as a new run, in one transaction; an earlier draft of the month is superseded.

    Raises:
        ConflictError: The month has not ended everywhere, its run is already approved or issued, or an incident's
            reports contradict its end.
        InvalidValueError: No contract was in force in the month.
    """
    run_id = plan_run(session, month, now_ms=now_ms, actor=actor).run_id
    for batch in list_batches(session, run_id):
        attempt = claim_batch(session, batch, now_ms=now_ms)
        calculate_batch(session, run_id, batch.batch_no, attempt=attempt, now_ms=now_ms, progress=progress)
    return finish_calculation(session, run_id, now_ms=now_ms)


@not_collecting()
def calculate_batch(
    session: Session, run_id: int, batch_no: int, *, attempt: int, now_ms: int, progress: Progress = silent
) -> None:
    """Calculate the credits of one batch of merchants.

    Args:
        session: Open; nothing is committed.
        run_id: A draft.
        batch_no: One of its batches, not calculated yet.
        attempt: From ``claim_batch``: who has another one has lost the batch.
        now_ms: The instant.
        progress: Told how far it is.

    Raises:
        ConflictError: The month has not ended for a merchant, an incident's reports contradict its end, or another
            worker has taken the batch over.
    """
    run, batch = load_run(session, run_id), own_batch(session, run_id, batch_no, attempt, "planned")
    require_state(run, "draft")
    month = Month.parse(run.period)
    progress("Reading evidence", 0, 1)
    among = (batch.first_id, batch.last_id)
    gathered = gather(session, month, as_of_ms=run.created_at_ms, among=among, in_columns=True)
    _refuse_contradictions(gathered)
    _refuse_open(gathered, month, run.created_at_ms)
    known, decisions = surroundings(session, gathered), decisions_of(session, str(month), among)
    credits, lines = _figures(batch, gathered, known, decisions, progress)
    _refuse_grown(session, batch, credits)
    if run.kind == "correction":
        ids = merchants_of(list_batches(session, run_id, "merchants"), batch_no)
        credits = corrected(session, run, credits, ids, published_policies(session))
    progress("Storing", 0, 1)
    save_credits(session, credits, lines)
    found = {"credits": credits.num_rows, "statements": stated_count(credits)}
    figures, inputs = credits_digest(credits, lines), json.dumps(inputs_of(gathered, known, decisions))
    finish_batch(session, batch, to="calculated", now_ms=now_ms, figures_sha256=figures, inputs=inputs, **found)


def _figures(
    batch: RunBatchRecord, gathered: Gathered, known: Surroundings, decisions: Decisions, progress: Progress
) -> tuple[pa.Table, pa.Table]:
    """Credits and lines of a batch; none, where nothing is due for its merchants."""
    # Ibis takes long to import: only those who measure pay for it.
    from sla_service.measure.availability import measure  # noqa: PLC0415
    from sla_service.usecases.evidence_tables import evidence_tables  # noqa: PLC0415

    if not gathered.count:
        return credits_schema().empty_table(), lines_schema().empty_table()
    progress("Measuring", 0, 1)
    tables = evidence_tables(gathered)
    measured = measure(tables.evidence)
    rows = CreditRows(batch.run_id, gathered, tables, measured, first_credit_no=batch.first_credit_no)
    return with_stated(rows.credits(known, decisions, progress)), rows.lines()


def own_batch(session: Session, run_id: int, batch_no: int, attempt: int, state: str) -> RunBatchRecord:
    """The batch that a worker claimed.

    Raises:
        ConflictError: It is another worker's by now, or done.
    """
    batch = load_batch(session, run_id, batch_no)
    if (batch.attempt, batch.state) != (attempt, state):
        raise ConflictError("batch_taken", f"batch {batch_no} of run {run_id} is in the hands of another worker")
    return batch


def finish_calculation(session: Session, run_id: int, *, now_ms: int) -> RunRecord:
    """Make a draft whose batches are all calculated a proposal, with the digest of its figures.

    Raises:
        ConflictError: A batch is missing, or somebody else finished it.
        InvalidValueError: Nothing is due in the month for anybody.
    """
    run, batches = load_run(session, run_id), list_batches(session, run_id)
    require_state(run, "draft")
    missing = [batch.batch_no for batch in batches if batch.state != "calculated"]
    if missing:
        raise ConflictError("batches_missing", f"run {run_id} still has {len(missing)} batches to calculate")
    if not sum(batch.credits for batch in batches):
        raise InvalidValueError.of("run_empty", f"nothing is due for any merchant in {run.period}")
    digest = run_digest(batches)
    change_state(session, run, to="calculated", now_ms=now_ms, actor=run.created_by, digest=digest)
    return load_run(session, run_id)


def run_digest(batches: list[RunBatchRecord]) -> str:
    """SHA-256 of the figures of all batches, in order."""
    return hashlib.sha256("\n".join(str(batch.figures_sha256) for batch in batches).encode()).hexdigest()


def with_stated(credits: pa.Table) -> pa.Table:
    """Credits with what the run states of each: all of it, where nothing was credited before."""
    zeros = pa.array([0] * credits.num_rows, pa.int64())
    columns = {
        "before_minor": zeros,
        "before_service_ms": zeros,
        "stated_minor": credits["amount_minor"],
        "stated_service_ms": credits["service_ms"],
    }
    for name, column in columns.items():
        credits = credits.set_column(credits.column_names.index(name), name, column)
    return credits


def is_stated(credits: pa.Table) -> pa.ChunkedArray:
    """Which credits have a statement: money or service time that the run states."""
    return pc.or_(pc.not_equal(credits["stated_minor"], 0), pc.not_equal(credits["stated_service_ms"], 0))


def stated_count(credits: pa.Table) -> int:
    """How many statements the credits make: one for each merchant and currency."""
    stated = credits.filter(is_stated(credits)).select(["merchant_id", "currency"])
    return int(stated.group_by(["merchant_id", "currency"]).aggregate([]).num_rows)


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


def _refuse_open(gathered: Gathered, month: Month, now_ms: int) -> None:
    if gathered.last_ms > now_ms:
        ends = format_instant(gathered.last_ms)
        raise ConflictError("period_open", f"{month} has not ended for every merchant; it does at {ends}")


def _refuse_grown(session: Session, batch: RunBatchRecord, credits: pa.Table) -> None:
    """Contracts that came after the run was planned have no numbers of their own in it."""
    later = [one.first_credit_no for one in list_batches(session, batch.run_id) if one.batch_no == batch.batch_no + 1]
    last = pc.max(credits["credit_no"]).as_py()
    if later and last is not None and last >= later[0]:
        message = f"contracts were added since run {batch.run_id} was planned; calculate the month again"
        raise ConflictError("contracts_added", message)


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
