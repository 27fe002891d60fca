"""Gathered evidence as the tables that measuring takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from sla_service.db.bulk import table_of
from sla_service.domain.incidents import Curve, Incident, recovery_segments
from sla_service.domain.policies import ExclusionEffect, Policy
from sla_service.domain.windows import Window
from sla_service.measure.availability import Evidence
from sla_service.measure.columns import EXCLUSIONS, IMPACTS, PLATFORM, RULES, SUBJECTS, TERMS
from sla_service.usecases.gather_evidence import Gathered

Row = tuple[object, ...]


def evidence_tables(
    gathered: Gathered,
    *,
    curve: Callable[[Policy], Curve] = lambda policy: policy.curve,
    windows: Sequence[Window] | None = None,
) -> Evidence:
    """The tables for every subject that is not parked.

    Args:
        gathered: What was read.
        curve: The accounting method to read evidence through; the policy's own unless another is asked for.
        windows: Measure each subject over these windows instead of its period; subjects are then numbered
            subject × number of windows + window.
    """
    numbers = {policy.digest: i for i, policy in enumerate(gathered.policies)}
    subjects: list[Row] = []
    for i, subject in enumerate(gathered.subjects):
        if subject.policy is None or subject.window is None:
            continue
        terms, contract = numbers[subject.policy.digest], subject.contract
        spans = [subject.window] if windows is None else list(windows)
        subjects += [
            (i * len(spans) + n, contract.merchant_id, contract.service, subject.region, terms, w.start_ms, w.end_ms)
            for n, w in enumerate(spans)
        ]
    curves = sorted({curve(policy) for policy in gathered.policies})
    return Evidence(
        subjects=table_of(subjects, SUBJECTS),
        terms=table_of(_terms(gathered.policies, curve), TERMS),
        rules=table_of(_rules(gathered.policies), RULES),
        platform=table_of(_platform(gathered.incidents, curves, gathered.as_of_ms), PLATFORM),
        impacts=_impacts(gathered),
        exclusions=EXCLUSIONS.emptytable_of() if gathered.exclusions is None else gathered.exclusions,
    )


def _terms(policies: Sequence[Policy], curve: Callable[[Policy], Curve]) -> list[Row]:
    # On whole milliseconds "longer than" is "at least one more".
    return [
        (i, curve(policy).value, policy.qualify.minimum_run_ms + policy.qualify.strict)
        for i, policy in enumerate(policies)
    ]


def _rules(policies: Sequence[Policy]) -> list[Row]:
    return [
        (i, rank, rule.kind.value, rule.notice_ms, rule.effect is ExclusionEffect.NOT_MEASURED)
        for i, policy in enumerate(policies)
        for rank, rule in enumerate(policy.exclude)
    ]


def _platform(incidents: Sequence[Incident], curves: Iterable[Curve], as_of_ms: int) -> list[Row]:
    return [
        (
            curve.value,
            number,
            incident.service,
            incident.region,
            segment.window.start_ms,
            segment.window.end_ms,
            segment.share_ppm,
        )
        for curve in curves
        for number, incident in enumerate(incidents)
        for segment in recovery_segments(incident, curve, until_ms=as_of_ms)
    ]


def _impacts(gathered: Gathered) -> pa.Table:
    if gathered.impacts is None:
        return IMPACTS.emptytable_of()
    ids = pa.array([incident.incident_id for incident in gathered.incidents], pa.string())
    numbers = pc.index_in(gathered.impacts["incident_id"], ids).cast(pa.int64())
    known = gathered.impacts.append_column("incident", numbers)
    # An impact outside its incident's own window still counts: the merchant's evidence is its own.
    return known.filter(pc.is_valid(known["incident"])).select(IMPACTS.names)
