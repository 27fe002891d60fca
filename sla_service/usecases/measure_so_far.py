"""Periods that are not over: what is known of them, from their beginning until now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sla_service.domain.measurement import Measurement
from sla_service.domain.windows import Window
from sla_service.usecases.contract_periods import Subject
from sla_service.usecases.gather_evidence import Gathered
from sla_service.usecases.measure_merchant import MeasuredSubject, measure_gathered


def measure_so_far(gathered: Gathered, whole: Sequence[MeasuredSubject], now_ms: int) -> list[Measurement | None]:
    """What availability has been until now.

    Nothing is known of the time to come: it is in the budget, not in the availability, so that a period that goes on is
    measured as one that ends now, over the time that has passed.

    Args:
        gathered: What was read.
        whole: Its subjects over their whole periods.
        now_ms: The instant.

    Returns:
        Subject by subject; of a period that is over what was measured over the whole of it.
    """
    cut = {i: _until(one.subject, now_ms) for i, one in enumerate(whole) if one.window and one.window.end_ms > now_ms}
    found = [one.measurement for one in whole]
    if not cut:
        return found
    subjects = [subject for subject in cut.values() if subject is not None]
    policies = {subject.policy.digest: subject.policy for subject in subjects if subject.policy}
    measured = iter(measure_gathered(replace(gathered, subjects=subjects, places=[], policies=list(policies.values()))))
    for i, subject in cut.items():
        found[i] = next(measured).measurement if subject is not None else None
    return found


def _until(subject: Subject, now_ms: int) -> Subject | None:
    """The subject as if its period ended now, whatever length the contract divides by; None before its beginning."""
    window, period, policy = subject.window, subject.period or subject.window, subject.policy
    if window is None or period is None or policy is None or window.start_ms >= now_ms:
        return None
    units = tuple(
        replace(unit, window=Window(unit.window.start_ms, min(unit.window.end_ms, now_ms)))
        for unit in subject.units
        if unit.window.start_ms < now_ms
    )
    if subject.units and not units:
        return None
    return replace(
        subject,
        window=Window(window.start_ms, now_ms),
        period=Window(period.start_ms, now_ms),
        policy=replace(policy, denominator_ms=None),
        units=units,
    )
