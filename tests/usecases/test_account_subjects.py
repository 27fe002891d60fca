"""The two ways to a measurement, sums in columns and pieces accounted for one by one, give the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sla_service.domain.accounting import Account, Piece, account
from sla_service.domain.exclusions import ExclusionKind
from sla_service.domain.incidents import Curve
from sla_service.domain.policies import Policy
from sla_service.domain.policies.downtime import ExclusionEffect, ExclusionRule, Qualify, RunsMeasured
from sla_service.measure.availability import Evidence, measure
from sla_service.measure.columns import TERMS
from tests.builders import a_policy, arrow, evidence
from tests.oracle import Case, Result, measure_slowly
from tests.strategies import STEP_MS, cases

CASES = 100


def accounted(book: Sequence[Case]) -> list[Account]:
    """Every case by its pieces."""
    tables = evidence(book)
    terms = [{**row, "minimum_run_ms": 0, "in_detail": True} for row in tables["terms"].to_pylist()]
    measured = measure(Evidence(**{**tables, "terms": arrow(TERMS, terms)}))
    assert measured.lines.num_rows == 0, "terms in detail have no lines of their own"
    pieces: dict[int, list[Piece]] = defaultdict(list)
    for row in measured.pieces.to_pylist():
        incident = -1 if row["incident"] is None else row["incident"]
        rule = -1 if row["rank"] is None else row["rank"]
        pieces[row["subject"]].append(Piece(row["start_ms"], row["end_ms"], row["share_ppm"], incident, rule))
    return [
        account(policy_of(case), pieces[i], period=case.period, active=case.period, zone="UTC")
        for i, case in enumerate(book)
    ]


def policy_of(case: Case) -> Policy:
    effects = {True: ExclusionEffect.NOT_MEASURED, False: ExclusionEffect.NOT_DOWN}
    rules = (
        ExclusionRule(ExclusionKind(rule.kind), rule.notice_ms, effects[rule.leaves_period]) for rule in case.rules
    )
    measured = RunsMeasured.AFTER_EXCLUSIONS if case.after_exclusions else RunsMeasured.BEFORE_EXCLUSIONS
    qualify = Qualify(case.minimum_run_ms, measured=measured, joined_within_ms=case.joined_within_ms)
    return a_policy(curve=Curve(case.curve), qualify=qualify, exclude=tuple(rules))


def figures(found: Account) -> tuple[int, int, int]:
    bad = found.measurement.bad_ppm_ms if found.measurement else 0
    return int(bad), found.excluded_ppm_ms, found.unmeasured_ms


def expected(result: Result) -> tuple[int, int, int]:
    bad = result.bad_ppm_ms if result.total_ms > 0 else 0
    return bad, result.excluded_ppm_ms, result.unmeasured_ms


batched = settings(
    deadline=None,
    max_examples=8,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


@batched
@given(st.lists(cases(), min_size=CASES, max_size=CASES))
def test_pieces_accounted_for_one_by_one_give_what_the_slow_reference_gives(book):
    assert_same(book)


@batched
@given(st.lists(cases(), min_size=CASES, max_size=CASES), st.booleans(), st.sampled_from((0, STEP_MS, 2 * STEP_MS)))
def test_so_do_outages_that_exclusions_part_or_that_are_near_each_other(book, after, within_ms):
    assert_same([replace(case, after_exclusions=after, joined_within_ms=within_ms) for case in book])


def assert_same(book: Sequence[Case]) -> None:
    for case, found in zip(book, accounted(book), strict=True):
        slow = measure_slowly(case)
        assert figures(found) == expected(slow), case
        assert (found.measurement.total_ms if found.measurement else 0) == max(0, slow.total_ms), case
