"""One merchant's month measured now, from the evidence as it is: by the same code that measures everyone's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sla_service.domain.assessment import Measurement
from sla_service.domain.incidents import Curve
from sla_service.domain.policies import Policy
from sla_service.domain.windows import Window
from sla_service.usecases.gather_evidence import Gathered, Subject


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
    measured = measure(evidence_tables(gathered, curve=curve, windows=windows))
    totals = {row["subject"]: row for row in measured.totals.to_pylist()}
    lines: dict[int, list[dict[str, Any]]] = {}
    for line in measured.lines.to_pylist():
        lines.setdefault(line["subject"], []).append(_line(line, gathered))
    found = []
    spans = len(windows) if windows is not None else 1
    for i, subject in enumerate(gathered.subjects):
        if subject.window is None:
            found.append(MeasuredSubject(subject, None))
            continue
        for n, window in enumerate(windows if windows is not None else [subject.window]):
            number = i * spans + n
            found.append(_subject(subject, window, totals[number], lines.get(number, [])))
    return found


def _subject(subject: Subject, window: Window, row: dict[str, int], lines: list[dict[str, Any]]) -> MeasuredSubject:
    return MeasuredSubject(
        subject,
        window,
        Measurement(row["bad_ppm_ms"], row["total_ms"]) if row["total_ms"] > 0 else None,
        row["excluded_ppm_ms"],
        row["unmeasured_ms"],
        tuple(lines),
    )


def _line(line: dict[str, Any], gathered: Gathered) -> dict[str, Any]:
    return {
        "incident_id": gathered.incidents[line["incident"]].incident_id,
        "started_at_ms": line["start_ms"],
        "ended_at_ms": line["end_ms"],
        "impact_ppm_ms": line["impact_ppm_ms"],
        "counted_ppm_ms": line["counted_ppm_ms"],
        "status": line["status"],
        "reason": line["reason"],
    }
