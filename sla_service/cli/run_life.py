"""Where a run stands: who did what and when, how far it is, what it is beyond, and what to do next."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlmodel import Session

from sla_service.db.run_batches import list_batches
from sla_service.db.tables import RunRecord
from sla_service.domain.bounds import Bounds
from sla_service.domain.instants import format_instant
from sla_service.usecases.check_bounds import bounds_exceeded

KINDS = {"close": "closes the month", "correction": "corrects what was issued"}
STEPS = (
    ("calculated", "created"),
    ("submitted", "submitted"),
    ("first approved", "first_approved"),
    ("approved", "approved"),
    ("rejected", "rejected"),
    ("issued", "issued"),
)
"""What was done, and the columns that say when and by whom."""
SINCE = {"calculated", "submitted", "approved", "issuing"}
"""States in which it matters whether a run is beyond a safety bound."""
NEXT = {
    "draft": "go on with `sla run calculate --period {period}`",
    "calculated": "look at it with `sla run review {run_id}`, then `sla run submit {run_id}`, or reject it",
    "submitted": "another person looks at it with `sla run review {run_id}`, then "
    "`sla --as NAME run approve {run_id} --digest {digest}`, or rejects it",
    "approved": "`sla run issue {run_id}`; this cannot be undone, only corrected",
    "issuing": "`sla run issue {run_id}` goes on where it stopped",
    "issued": "`sla statement render --run {run_id} -o statements/`, then `sla export`, `sla mail send --run {run_id}`",
    "rejected": "`sla run calculate --period {period}` makes a new proposal",
    "superseded": "`sla run list` shows the newer run of the month",
}
"""What to do next, as commands."""
SECOND = (
    "one person has approved it; it is beyond a safety bound, so a second one does too: "
    '`sla --as NAME run approve {run_id} --digest {digest} --reason "why"`'
)


def life(session: Session, run: RunRecord, bounds: Bounds) -> Iterator[str]:
    """A run's life so far, a sentence a line."""
    yield f"Run {run.run_id} for {run.period}, revision {run.revision}, {KINDS[run.kind]}: {run.state}"
    for step in steps(run):
        reason = f": {step['reason']}" if step["reason"] else ""
        yield f"  {step['did']} at {step['at']} by {step['by']}{reason}"
    if run.state == "calculated" and run.approval_reason:
        yield f"  sent back: {run.approval_reason}"
    done, whole = progress(session, run)
    if done < whole:
        yield f"  {done:,} of {whole:,} batches done"
    for text in exceeded(session, run, bounds):
        yield f"  beyond a safety bound: {text}"
    yield f"  digest {run.digest[:12] or '(none yet)'}, zone database {run.tzdb_version}"
    if run.ledger_head:
        yield f"  head of the ledger after it {run.ledger_head}"


def following(run: RunRecord) -> str:
    """What to do next."""
    waits = run.state == "submitted" and run.first_approved_by
    return (SECOND if waits else NEXT[run.state]).format(
        run_id=run.run_id, period=run.period, digest=run.digest[:12] or "…"
    )


def steps(run: RunRecord) -> list[dict[str, str]]:
    """What was done, when, by whom and, where one was asked for, why."""
    reasons = {"approved": run.approval_reason, "rejected": run.rejected_reason}
    found = []
    for did, column in STEPS:
        at_ms, by = getattr(run, f"{column}_at_ms"), getattr(run, f"{column}_by")
        if at_ms is not None:
            reason = reasons.get(did) or ""
            found.append({"did": did, "at": format_instant(at_ms), "by": by or "", "reason": reason})
    return found


def progress(session: Session, run: RunRecord) -> tuple[int, int]:
    """How many batches have done what the run is at, and how many there are."""
    batches = list_batches(session, run.run_id)
    done = {"issued"} if run.state in {"issuing", "issued"} else {"calculated", "issued"}
    return sum(batch.state in done for batch in batches), len(batches)


def exceeded(session: Session, run: RunRecord, bounds: Bounds) -> list[str]:
    """What a run that is on its way is beyond."""
    return bounds_exceeded(session, run, bounds) if run.state in SINCE else []


def life_mapping(session: Session, run: RunRecord, bounds: Bounds) -> dict[str, Any]:
    """The same for scripts."""
    done, whole = progress(session, run)
    return {
        "steps": steps(run),
        "batches": {"done": done, "all": whole},
        "beyond": exceeded(session, run, bounds),
        "binding": json.loads(run.binding) if run.binding else None,
        "next": following(run),
    }
