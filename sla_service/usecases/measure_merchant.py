"""One merchant's month measured now, from the evidence as it is: by the same code that measures everyone's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sla_service.domain.incidents import Curve
from sla_service.domain.measurement import Measurement
from sla_service.domain.policies import Policy
from sla_service.domain.windows import Window
from sla_service.usecases.account_subjects import Accounts
from sla_service.usecases.account_units import Accounted, LineRow
from sla_service.usecases.contract_periods import Subject
from sla_service.usecases.gather_evidence import Gathered


@dataclass(frozen=True, slots=True)
class MeasuredSubject:
    """A subject over one window. ``measurement`` is None where the subject is parked or nothing was left to measure."""

    subject: Subject
    window: Window | None
    measurement: Measurement | None = None
    excluded_ppm_ms: int = 0
    unmeasured_ms: int = 0
    lines: tuple[dict[str, Any], ...] = ()
    """Like rows of the lines table: incident_id, started_at_ms, ended_at_ms, impact_ppm_ms, counted_ppm_ms, status,
    reason."""
    reason: str = ""
    """Why there is no measurement, where that is not that nothing was left to measure."""


def measure_gathered(
    gathered: Gathered,
    *,
    curve: Callable[[Policy], Curve] = lambda policy: policy.curve,
    windows: Sequence[Window] | None = None,
) -> list[MeasuredSubject]:
    """Measure what was gathered for a merchant.

    Args:
        gathered: From ``gather`` with a merchant.
        curve: The accounting method; the policy's own unless another is asked for.
        windows: Over these instead of each subject's period.

    Returns:
        Subject by subject, window by window; parked subjects once, without a measurement.
    """
    # Ibis takes a third of a second to import: only those who measure pay for it.
    from sla_service.measure.availability import measure  # noqa: PLC0415
    from sla_service.usecases.evidence_tables import evidence_tables  # noqa: PLC0415

    if not gathered.policies or not any(subject.window for subject in gathered.subjects):
        return [MeasuredSubject(subject, subject.window) for subject in gathered.subjects]
    tables = evidence_tables(gathered, curve=curve, windows=windows)
    measured = measure(tables.evidence)
    accounts = Accounts(gathered, tables, measured)
    totals = {row["subject"]: row for row in measured.totals.to_pylist()}
    lines: dict[int, list[LineRow]] = {}
    for subject_no, *line in zip(*(column.to_pylist() for column in measured.lines.columns), strict=True):
        lines.setdefault(subject_no, []).append(tuple(line))
    found = []
    for i, subject in enumerate(gathered.subjects):
        if subject.window is None:
            found.append(MeasuredSubject(subject, None))
            continue
        for n, window in enumerate(windows if windows is not None else [subject.window]):
            account = accounts.of(i, n)
            if account is None:
                (number,) = accounts.numbers[i, n]
                row = totals[number]
                account = Accounted(
                    Measurement(row["bad_ppm_ms"], row["total_ms"]) if row["total_ms"] > 0 else None,
                    row["excluded_ppm_ms"],
                    row["unmeasured_ms"],
                    tuple(lines.get(number, [])),
                )
            found.append(_subject(subject, window, account, gathered))
    return found


def _subject(subject: Subject, window: Window, account: Accounted, gathered: Gathered) -> MeasuredSubject:
    return MeasuredSubject(
        subject,
        window,
        account.measurement,
        account.excluded_ppm_ms,
        account.unmeasured_ms,
        tuple(_line(line, gathered) for line in account.lines),
        account.reason,
    )


def _line(line: LineRow, gathered: Gathered) -> dict[str, Any]:
    incident, start_ms, end_ms, impact_ppm_ms, counted_ppm_ms, status, reason = line
    return {
        "incident_id": gathered.incidents[incident].incident_id,
        "started_at_ms": start_ms,
        "ended_at_ms": end_ms,
        "impact_ppm_ms": impact_ppm_ms,
        "counted_ppm_ms": counted_ppm_ms,
        "status": status,
        "reason": reason,
    }
