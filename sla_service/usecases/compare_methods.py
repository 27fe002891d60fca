"""What the other accounting methods would have paid for a whole run; takes as long as calculating it once for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

import pyarrow.compute as pc
from sqlmodel import Session

from sla_service.db.among import Among
from sla_service.db.credits import credited_totals
from sla_service.db.run_batches import list_batches
from sla_service.db.runs import load_run
from sla_service.db.tables import RunRecord
from sla_service.domain.errors import ChangedError, ConflictError
from sla_service.domain.incidents import Curve
from sla_service.domain.periods import Month
from sla_service.domain.policies import Policy
from sla_service.domain.review import Method
from sla_service.usecases.collecting import not_collecting
from sla_service.usecases.contract_facts import surroundings
from sla_service.usecases.credit_rows import CreditRows
from sla_service.usecases.decide_credit import decisions_of
from sla_service.usecases.decided import Decisions
from sla_service.usecases.gather_evidence import Gathered, gather
from sla_service.usecases.progress import Progress, silent

OWN = "own"
"""Each policy's own method: what the run itself says."""


def compare_methods(session: Session, run_id: int, *, progress: Progress = silent) -> tuple[Method, ...]:
    """Totals per currency under each accounting method, a batch of merchants at a time.

    Policies whose downtime is not read out of windows pay what they pay under any method.

    Raises:
        ConflictError: It is a correction.
        ChangedError: The evidence is no longer what the run was calculated from: the others would be compared with
            figures of another day.
    """
    run, batches = load_run(session, run_id), list_batches(session, run_id, "merchants")
    if run.kind != "close":
        message = f"run {run_id} states differences to what was issued; compare the methods of the run that closed it"
        raise ConflictError("methods", message)
    sums: dict[str, Counter[str]] = {name: Counter() for name in (OWN, *(curve.value for curve in Curve))}
    for i, batch in enumerate(batches):
        progress("Comparing methods", i, len(batches))
        for name, totals in _batch(session, run, (batch.first_id, batch.last_id)).items():
            sums[name].update(totals)
    progress("Comparing methods", len(batches), len(batches))
    credited = credited_totals(session, run_id)
    if sums[OWN] != Counter(credited):
        found = [f"credits in {currency}" for currency in sorted(dict(sums[OWN].items() ^ credited.items()))]
        message = f"the evidence is not what run {run_id} was calculated from any more; calculate the month again"
        raise ChangedError(found, message)
    return tuple(Method(name, dict(sorted(totals.items()))) for name, totals in sums.items())


@not_collecting()
def _batch(session: Session, run: RunRecord, among: Among) -> dict[str, Mapping[str, int]]:
    month = Month.parse(run.period)
    gathered = gather(session, month, as_of_ms=run.created_at_ms, among=among, in_columns=True)
    if not gathered.count:
        return {}
    decisions = decisions_of(session, run.period, among)
    methods = {OWN: _own, **{curve.value: _always(curve) for curve in Curve}}
    return {name: _totals(session, run, gathered, decisions, method) for name, method in methods.items()}


def _totals(
    session: Session, run: RunRecord, gathered: Gathered, decisions: Decisions, method: Callable[[Policy], Curve]
) -> dict[str, int]:
    from sla_service.measure.availability import measure  # noqa: PLC0415 - Ibis takes long to import
    from sla_service.usecases.evidence_tables import evidence_tables  # noqa: PLC0415

    tables = evidence_tables(gathered, curve=method)
    rows = CreditRows(run.run_id, gathered, tables, measure(tables.evidence))
    credits = rows.credits(surroundings(session, gathered), decisions, silent)
    summed = credits.filter(pc.not_equal(credits["amount_minor"], 0)).group_by("currency")
    found = summed.aggregate([("amount_minor", "sum")])
    return dict(zip(found["currency"].to_pylist(), found["amount_minor_sum"].to_pylist(), strict=True))


def _own(policy: Policy) -> Curve:
    return policy.curve


def _always(curve: Curve) -> Callable[[Policy], Curve]:
    return lambda _policy: curve
