"""Measuring in columns gives what the slow reference gives, and keeps what must not matter from mattering.

One measuring takes a tenth of a second and more, whatever its size: each property puts many cases into one.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import groupby, pairwise
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sla_service.domain.errors import InvalidValueError
from sla_service.domain.incidents import Curve, recovery_segments
from sla_service.domain.instants import DAY_MS, HOUR_MS, MINUTE_MS
from sla_service.domain.windows import SHARE_FULL_PPM, Window
from sla_service.measure.availability import Evidence, measure
from sla_service.measure.columns import IMPACTS, LINES, PLATFORM, RULES, SUBJECTS, TERMS, TOTALS
from tests.builders import SEPTEMBER, arrow, evidence, minutes, the_outage
from tests.oracle import FULL, Case, Excluded, Hit, Line, Result, Rule, measure_slowly
from tests.strategies import cases, hits, recoveries

HALF = FULL // 2


def books(case_count: int, **options: Any) -> st.SearchStrategy[list[Case]]:
    return st.lists(cases(**options), min_size=case_count, max_size=case_count)


def batched(examples: int):
    """Few examples of many cases, the first of which is always the emptiest; above 200 cases Hypothesis gives up.

    A failure names its case by itself, so that shrinking the others would be a waste.
    """
    return settings(
        deadline=None,
        max_examples=examples,
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    )


def results(tables: dict[str, pa.Table]) -> dict[int, Result]:
    """The measured tables as values, by subject."""
    measured = measure(Evidence(**tables))
    lines: dict[int, list[Line]] = {}
    for row in measured.lines.to_pylist():
        lines.setdefault(row.pop("subject"), []).append(Line(**row))
    return {
        row["subject"]: Result(
            row["bad_ppm_ms"],
            row["excluded_ppm_ms"],
            row["unmeasured_ms"],
            row["total_ms"],
            tuple(lines.get(row["subject"], ())),
        )
        for row in measured.totals.to_pylist()
    }


def measure_all(book: Sequence[Case]) -> list[Result]:
    found = results(evidence(book))
    return [found[number] for number in range(len(book))]


def assert_same(book: Sequence[Case], found: Sequence[Result], expected: Sequence[Result]) -> None:
    """Name the first case that differs, and nothing else."""
    for case, one, other in zip(book, found, expected, strict=True):
        assert one == other, case


# The reference


@batched(13)
@given(books(150))
def test_every_case_measures_as_the_reference_does(book):
    assert_same(book, measure_all(book), [measure_slowly(case) for case in book])


@batched(13)
@given(st.lists(recoveries(), min_size=150, max_size=150))
def test_a_recovery_in_many_windows_measures_as_the_reference_does(book):
    assert_same(book, measure_all(book), [measure_slowly(case) for case in book])


# What must not matter


def _shuffled(case: Case, seed: int) -> Case:
    order = random.Random(seed)  # noqa: S311 - an order, not a secret

    def mixed(items):
        return tuple(order.sample(items, len(items)))

    return replace(case, own=mixed(case.own), platform=mixed(case.platform), exclusions=mixed(case.exclusions))


def _each(case: Case, change) -> Case:
    return replace(case, **{name: change(getattr(case, name)) for name in ("own", "platform", "exclusions")})


def _split(items):
    """Every window in three adjacent parts, one of them a millisecond long."""
    parts = []
    for item in items:
        start, end = item.window.start_ms, item.window.end_ms
        middle = (start + end) // 2
        parts += [replace(item, window=Window(*edges)) for edges in pairwise((start, middle, middle + 1, end))]
    return tuple(parts)


def _merged(items):
    """Touching and overlapping windows that are equal in everything else become one."""

    def rest(item):
        return repr(replace(item, window=SEPTEMBER))

    merged = []
    for _, group in groupby(sorted(items, key=lambda item: (rest(item), item.window)), rest):
        for item in group:
            last = merged[-1] if merged else None
            if last and rest(last) == rest(item) and item.window.start_ms <= last.window.end_ms:
                end_ms = max(item.window.end_ms, last.window.end_ms)
                merged[-1] = replace(last, window=Window(last.window.start_ms, end_ms))
            else:
                merged.append(item)
    return tuple(merged)


@batched(6)
@given(books(40), st.integers())
def test_order_splitting_merging_and_repeating_windows_changes_nothing(book, seed):
    ways = {
        "as they are": list(book),
        "in another order": [_shuffled(case, seed) for case in book],
        "split": [_each(case, _split) for case in book],
        "merged": [_each(case, _merged) for case in book],
        "repeated": [_each(case, lambda items: items + items) for case in book],
    }
    found = measure_all([case for way in ways.values() for case in way])
    as_they_are, *others = (found[i : i + len(book)] for i in range(0, len(found), len(book)))
    for way, other in zip(list(ways)[1:], others, strict=True):
        assert_same([(way, case) for case in book], other, as_they_are)


def test_splitting_and_merging_are_what_they_say():
    whole = (Hit(1, minutes(0, 2), HALF), Hit(1, minutes(2, 4), HALF), Hit(1, minutes(3, 5), FULL))
    assert [hit.window.duration_ms for hit in _split(whole[:1])] == [60_000, 1, 59_999]
    assert _merged(whole) == (Hit(1, minutes(3, 5), FULL), Hit(1, minutes(0, 4), HALF))
    assert _merged(_split(whole)) == _merged(whole)


@batched(4)
@given(books(100), st.integers())
def test_the_order_of_rows_in_every_table_is_free(book, seed):
    order = random.Random(seed)  # noqa: S311 - an order, not a secret
    mixed = {
        name: arrow(table.schema, order.sample(table.to_pylist(), len(table))) for name, table in evidence(book).items()
    }
    found = results(mixed)
    assert_same(book, [found[number] for number in range(len(book))], [measure_slowly(case) for case in book])


@batched(5)
@given(st.lists(st.tuples(cases(), hits), min_size=100, max_size=100))
def test_more_downtime_never_raises_availability(book):
    before = [case for case, _ in book]
    after = [replace(case, own=(*case.own, hit)) for case, hit in book]
    found = measure_all(before + after)
    for case, less, more in zip(after, found[:100], found[100:], strict=True):
        assert more.bad_ppm_ms >= less.bad_ppm_ms, case
        assert more.total_ms == less.total_ms, case


# What a result must be, whatever the evidence


@batched(4)
@given(books(150))
def test_lines_lie_in_the_period_apart_in_order_and_sum_to_the_totals(book):
    for case, result in zip(book, measure_all(book), strict=True):
        assert sum(line.counted_ppm_ms for line in result.lines) == result.bad_ppm_ms, case
        assert {line.counted_ppm_ms for line in result.lines if line.status != "counted"} <= {0}, case
        assert all(line.counted_ppm_ms == line.impact_ppm_ms for line in result.lines if line.status == "counted"), case
        assert all((line.reason is not None) == (line.status == "excluded") for line in result.lines), case
        assert all(case.period.start_ms <= line.start_ms < line.end_ms <= case.period.end_ms for line in result.lines)
        assert all(one.end_ms <= two.start_ms for one, two in pairwise(result.lines)), case
        assert all(0 < line.impact_ppm_ms <= FULL * (line.end_ms - line.start_ms) for line in result.lines), case
        assert result.total_ms + result.unmeasured_ms == case.period.duration_ms, case
        assert 0 <= result.bad_ppm_ms + result.excluded_ppm_ms <= FULL * case.period.duration_ms, case


@batched(4)
@given(books(40, own_hits=0))
def test_all_members_of_a_class_get_what_their_representative_got(book):
    # One stands for four; the fifth has evidence of its own, which says nothing, and is measured by itself.
    book = [replace(case, exclusions=tuple(replace(one, mine=None) for one in case.exclusions)) for case in book]
    tables = evidence(book)
    subjects = tables["subjects"].to_pylist()
    members = [
        {**row, "subject": row["subject"] + 1000 * copy, "merchant_id": f"{row['merchant_id']}-{copy}"}
        for row in subjects
        for copy in range(5)
    ]
    silent = [
        {
            "merchant_id": row["merchant_id"],
            "service": row["service"],
            "incident": 0,
            "start_ms": row["period_start_ms"],
            "end_ms": row["period_end_ms"],
            "share_ppm": 0,
        }
        for row in members
        if row["merchant_id"].endswith("-4")
    ]
    found = results({**tables, "subjects": arrow(SUBJECTS, members), "impacts": arrow(IMPACTS, silent)})
    assert len(found) == len(members)
    for number, case in enumerate(book):
        assert {found[number + 1000 * copy] for copy in range(5)} == {measure_slowly(case)}, case


# Worked cases, each a sentence; all are measured at once


@dataclass(frozen=True)
class Expected:
    """In minutes of full outage and minutes on the clock."""

    bad: str
    total: int = 43_200
    excluded: str = "0"
    status: str = ""
    """Of the lines in order of time, first letters: c(ounted), e(xcluded), t(oo short)."""


def a_case(*own: Hit, **changes: Any) -> Case:
    return Case(**{"period": SEPTEMBER, "own": own, **changes})


def a_hit(start: float, end: float, share: int = FULL, incident: int = 1, **changes: Any) -> Hit:
    return Hit(incident, minutes(start, end), share, **changes)


def upkeep(start: float, end: float, *, notice: int | None = None, **changes: Any) -> Excluded:
    return Excluded("maintenance", minutes(start, end), None if notice is None else notice * HOUR_MS, **changes)


THREE_DAYS = Rule("maintenance", 72 * HOUR_MS)
UNANNOUNCED = Rule("maintenance")
UNMEASURED = Rule("maintenance", leaves_period=True)
RECOVERY = tuple(a_hit(n * 10, n * 10 + 10, share) for n, share in enumerate((HALF, 300_000, 200_000)))
END = 43_200
"""Minutes in the period."""

WORKED: dict[str, tuple[Case, Expected]] = {
    "a merchant to whom nothing happened has the whole period": (a_case(), Expected("0")),
    "a full outage of ten minutes is ten minutes": (a_case(a_hit(0, 10)), Expected("10", status="c")),
    "an impact of nothing is nothing": (a_case(a_hit(0, 10, 0)), Expected("0")),
    "half of the service down for ten minutes is five": (a_case(a_hit(0, 10, HALF)), Expected("5", status="c")),
    "two incidents of a half at the same time are a half": (
        a_case(a_hit(0, 10, HALF, 1), a_hit(0, 10, HALF, 2)),
        Expected("5", status="c"),
    ),
    "a half of the platform's and a half of one's own are a half": (
        a_case(a_hit(0, 10, HALF, 1), platform=(a_hit(0, 10, HALF, 2),)),
        Expected("5", status="c"),
    ),
    "where windows overlap the larger share counts, before and after the smaller": (
        a_case(a_hit(0, 30, HALF, 1), a_hit(10, 20, FULL, 2)),
        Expected("20", status="ccc"),
    ),
    "windows that touch are one stretch": (a_case(a_hit(0, 5), a_hit(5, 10)), Expected("10", status="c")),
    "windows a millisecond apart are two": (
        a_case(a_hit(0, 5), Hit(1, Window(minutes(0, 5).end_ms + 1, minutes(0, 10).end_ms), FULL)),
        Expected("599999/60000", status="cc"),
    ),
    "outage before and after the period is cut off": (
        a_case(a_hit(-10, 1), a_hit(END - 2, END + 60)),
        Expected("3", status="cc"),
    ),
    "an outage that ends as the period begins is not in it": (a_case(a_hit(-10, 0)), Expected("0")),
    "an outage that begins as the period ends is not in it": (a_case(a_hit(END, END + 10)), Expected("0")),
    "an outage longer than the period is all of it": (a_case(a_hit(-60, END + 60)), Expected("43200", status="c")),
    # Stage 2: single merchants' impacts through the curve
    "only what was wholly down counts as full outage": (
        a_case(a_hit(0, 10, FULL - 1), a_hit(20, 25), curve="full_outage"),
        Expected("5", status="c"),
    ),
    "any impact counts whole": (a_case(a_hit(0, 10, 1), curve="any_impact"), Expected("10", status="c")),
    "an impact in a reported window counts whole": (
        a_case(a_hit(0, 10, 1), curve="reported_window"),
        Expected("10", status="c"),
    ),
    "what the platform suffered under another curve is not ours": (
        a_case(platform=(a_hit(0, 10, curve="any_impact"), a_hit(0, 10, HALF))),
        Expected("5", status="c"),
    ),
    # Stage 3
    "a run of just under the minimum counts nothing": (
        a_case(a_hit(0, 5), minimum_run_ms=5 * MINUTE_MS + 1),
        Expected("0", status="t"),
    ),
    "a run of the minimum counts whole": (
        a_case(a_hit(0, 5), minimum_run_ms=5 * MINUTE_MS),
        Expected("5", status="c"),
    ),
    "nine minutes at a time are no outage under a minimum of ten": (
        a_case(*(a_hit(i * 60, i * 60 + 9) for i in range(5)), minimum_run_ms=10 * MINUTE_MS),
        Expected("0", status="ttttt"),
    ),
    "incidents that touch make one run": (
        a_case(a_hit(0, 5, HALF, 1), a_hit(5, 10, FULL, 2), minimum_run_ms=10 * MINUTE_MS),
        Expected("7.5", status="cc"),
    ),
    "a run is as long as it was before the period too": (
        a_case(a_hit(-4, 1), minimum_run_ms=5 * MINUTE_MS),
        Expected("1", status="c"),
    ),
    "a run is as long as it was after the period too": (
        a_case(a_hit(END - 1, END + 4), minimum_run_ms=5 * MINUTE_MS),
        Expected("1", status="c"),
    ),
    "a run over the edge that is too short counts nothing inside": (
        a_case(a_hit(-3, 1), minimum_run_ms=5 * MINUTE_MS),
        Expected("0", status="t"),
    ),
    "a run over the edge is pieced together from many windows": (
        a_case(*(a_hit(i, i + 1, incident=i + 9) for i in range(-9, 1)), minimum_run_ms=10 * MINUTE_MS),
        Expected("1", status="c"),
    ),
    "own and platform windows lengthen one run": (
        a_case(a_hit(0, 3, incident=1), platform=(a_hit(3, 6, incident=2),), minimum_run_ms=6 * MINUTE_MS),
        Expected("6", status="cc"),
    ),
    "excluded time is part of the run that qualifies": (
        a_case(
            a_hit(0, 10), exclusions=(upkeep(2, 10),), rules=(UNANNOUNCED,), minimum_run_ms=10 * MINUTE_MS
        ),
        Expected("2", excluded="8", status="ce"),
    ),
    # Stage 4
    "maintenance announced 72 hours ahead is excluded": (
        a_case(a_hit(0, 10), exclusions=(upkeep(0, 10, notice=72),), rules=(THREE_DAYS,)),
        Expected("0", excluded="10", status="e"),
    ),
    "maintenance announced 71 hours ahead counts": (
        a_case(a_hit(0, 10), exclusions=(upkeep(0, 10, notice=71),), rules=(THREE_DAYS,)),
        Expected("10", status="c"),
    ),
    "maintenance that was never announced counts": (
        a_case(a_hit(0, 10), exclusions=(upkeep(0, 10),), rules=(THREE_DAYS,)),
        Expected("10", status="c"),
    ),
    "maintenance is excluded unannounced where the policy asks for no notice": (
        a_case(a_hit(0, 10), exclusions=(upkeep(0, 10),), rules=(UNANNOUNCED,)),
        Expected("0", excluded="10", status="e"),
    ),
    "what no rule names is not excluded": (
        a_case(a_hit(0, 10), exclusions=(upkeep(0, 10),), rules=(Rule("customer"),)),
        Expected("10", status="c"),
    ),
    "an outage longer than its maintenance counts before and after": (
        a_case(a_hit(0, 10), exclusions=(upkeep(2, 6),), rules=(UNANNOUNCED,)),
        Expected("6", excluded="4", status="cec"),
    ),
    "maintenance without outage changes nothing": (
        a_case(exclusions=(upkeep(2, 6),), rules=(UNANNOUNCED,)),
        Expected("0"),
    ),
    "maintenance of this region is excluded": (
        a_case(a_hit(0, 10), exclusions=(upkeep(0, 10, region="cn-east"),), rules=(UNANNOUNCED,)),
        Expected("0", excluded="10", status="e"),
    ),
    "maintenance of another region is not": (
        a_case(a_hit(0, 10), exclusions=(upkeep(0, 10, region="eu-west"),), rules=(UNANNOUNCED,)),
        Expected("10", status="c"),
    ),
    "maintenance for this merchant is excluded": (
        a_case(platform=(a_hit(0, 10),), exclusions=(upkeep(0, 10, mine=True),), rules=(UNANNOUNCED,)),
        Expected("0", excluded="10", status="e"),
    ),
    "maintenance for another merchant is not": (
        a_case(platform=(a_hit(0, 10),), exclusions=(upkeep(0, 10, mine=False),), rules=(UNANNOUNCED,)),
        Expected("10", status="c"),
    ),
    "not measured time leaves the period": (
        a_case(a_hit(0, 10), exclusions=(upkeep(5, 200),), rules=(UNMEASURED,)),
        Expected("5", total=43_005, excluded="5", status="ce"),
    ),
    "not measured time outside the period does not": (
        a_case(exclusions=(upkeep(-5, 5), upkeep(END - 5, END + 5), upkeep(END, END + 1)), rules=(UNMEASURED,)),
        Expected("0", total=43_190),
    ),
    "not measured time is not subtracted twice": (
        a_case(exclusions=(upkeep(0, 10), upkeep(5, 15), upkeep(5, 15)), rules=(UNMEASURED,)),
        Expected("0", total=43_185),
    ),
    "of two rules the first gives the effect": (
        a_case(
            a_hit(0, 10),
            exclusions=(upkeep(0, 10), Excluded("customer", minutes(0, 10))),
            rules=(Rule("customer"), UNMEASURED),
        ),
        Expected("0", excluded="10", status="e"),
    ),
    "of two rules the second applies where the first does not": (
        a_case(
            a_hit(0, 10),
            exclusions=(upkeep(0, 10), Excluded("customer", minutes(0, 5), 0)),
            rules=(Rule("customer", HOUR_MS), UNMEASURED),
        ),
        Expected("0", total=43_190, excluded="10", status="e"),
    ),
    "a run too short is not excluded downtime either": (
        a_case(a_hit(0, 1), exclusions=(upkeep(0, 10),), rules=(UNANNOUNCED,), minimum_run_ms=5 * MINUTE_MS),
        Expected("0", status="e"),
    ),
    # A recovery of everybody in windows of ten minutes
    "a recovery counts window by window": (a_case(platform=RECOVERY), Expected("10", status="c")),
    "one's own impact across a recovery counts where it is the larger": (
        a_case(a_hit(5, 25, 400_000, 2), platform=RECOVERY),
        Expected("12", status="ccc"),
    ),
    "one's own impact below a recovery changes nothing": (
        a_case(a_hit(5, 15, 100_000, 2), platform=RECOVERY),
        Expected("10", status="c"),
    ),
    "an exclusion takes its part of a recovery": (
        a_case(platform=RECOVERY, exclusions=(upkeep(5, 25),), rules=(UNANNOUNCED,)),
        Expected("3.5", excluded="6.5", status="cec"),
    ),
    "a recovery is cut where the period begins": (
        a_case(platform=tuple(replace(hit, window=minutes(n * 10 - 15, n * 10 - 5)) for n, hit in enumerate(RECOVERY))),
        Expected("3.5", status="c"),
    ),
    # Stage 1
    "the platform's incident hits every region": (a_case(platform=(a_hit(0, 10),)), Expected("10", status="c")),
    "a region's incident hits the region": (
        a_case(platform=(a_hit(0, 10, region="cn-east"),)),
        Expected("10", status="c"),
    ),
    "a region's incident leaves the other regions alone": (
        a_case(platform=(a_hit(0, 10, region="cn-east"),), region="eu-west"),
        Expected("0"),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def worked() -> dict[str, Result]:
    return dict(zip(WORKED, measure_all([case for case, _ in WORKED.values()]), strict=True))


@pytest.mark.parametrize("sentence", WORKED)
def test_worked(worked, sentence):
    _, expected = WORKED[sentence]
    found = worked[sentence]
    assert Fraction(found.bad_ppm_ms, FULL * MINUTE_MS) == Fraction(expected.bad)
    assert Fraction(found.excluded_ppm_ms, FULL * MINUTE_MS) == Fraction(expected.excluded)
    assert found.total_ms == expected.total * MINUTE_MS
    assert "".join(line.status[0] for line in found.lines) == expected.status


@pytest.mark.parametrize("sentence", WORKED)
def test_the_reference_agrees_with_the_worked_case(worked, sentence):
    case, _ = WORKED[sentence]
    assert worked[sentence] == measure_slowly(case)


def test_of_equal_shares_the_incident_with_the_lowest_number_is_named():
    own_is_lower = a_case(a_hit(0, 10, HALF, 1), platform=(a_hit(5, 15, HALF, 2),))
    own_is_higher = a_case(a_hit(0, 10, HALF, 3), platform=(a_hit(5, 15, HALF, 2),))
    lower, higher = measure_all([own_is_lower, own_is_higher])
    assert [(line.incident, line.end_ms - line.start_ms) for line in lower.lines] == [(1, 600_000), (2, 300_000)]
    assert [(line.incident, line.end_ms - line.start_ms) for line in higher.lines] == [(3, 300_000), (2, 600_000)]


def test_a_year_of_odd_shares_and_milliseconds_is_exact():
    # 999,999 ppm over a year is beyond what a float of 64 bits can count.
    year = Window(SEPTEMBER.start_ms, SEPTEMBER.start_ms + 366 * DAY_MS)
    odd = Window(year.start_ms + 1, year.end_ms - 2)
    tangled = Case(year, own=(Hit(0, odd, FULL - 1), Hit(1, Window(odd.start_ms, odd.start_ms + 3), FULL)))
    plain = Case(year, platform=(Hit(1_048_575, odd, FULL - 1),))
    first, second = measure_all([tangled, plain])
    assert first.bad_ppm_ms == (odd.duration_ms - 3) * (FULL - 1) + 3 * FULL
    assert second.bad_ppm_ms == odd.duration_ms * (FULL - 1) > 2**53
    assert second.lines[0].incident == 1_048_575


def test_two_contracts_of_a_merchant_in_one_month_are_measured_apart():
    half = minutes(0, 21_600)
    rest = Window(half.end_ms, SEPTEMBER.end_ms)
    tables = evidence([Case(half, own=(a_hit(21_590, 21_620),))])
    (first,) = tables["subjects"].to_pylist()
    second = {**first, "subject": 7, "period_start_ms": rest.start_ms, "period_end_ms": rest.end_ms}
    found = results({**tables, "subjects": arrow(SUBJECTS, [second, first])})
    assert {subject: result.bad_ppm_ms for subject, result in found.items()} == {
        0: 10 * MINUTE_MS * FULL,
        7: 20 * MINUTE_MS * FULL,
    }


def test_the_service_of_another_contract_is_untouched():
    tables = evidence([a_case(a_hit(0, 10)), a_case(platform=(a_hit(0, 20),))])
    (first, second) = tables["subjects"].to_pylist()
    swapped = [{**first, "service": second["service"]}, {**second, "service": first["service"]}]
    found = results({**tables, "subjects": arrow(SUBJECTS, swapped)})
    assert found[0].bad_ppm_ms == 20 * MINUTE_MS * FULL
    assert found[1].bad_ppm_ms == 0


def test_nobody_to_measure_is_an_empty_answer_in_the_right_shape():
    measured = measure(Evidence(**evidence([])))
    assert measured.totals.schema == TOTALS
    assert measured.lines.schema == LINES
    assert len(measured.totals) == len(measured.lines) == 0


def test_the_outage_of_19_september_2023_by_five_methods():
    segments = {curve: recovery_segments(the_outage(), curve, until_ms=SEPTEMBER.end_ms) for curve in Curve}
    tables = {
        "subjects": arrow(
            SUBJECTS,
            [
                {
                    "subject": i,
                    "merchant_id": f"m-{i}",
                    "service": "storefront",
                    "region": "cn-east",
                    "terms": i,
                    "period_start_ms": SEPTEMBER.start_ms,
                    "period_end_ms": SEPTEMBER.end_ms,
                }
                for i, _ in enumerate(Curve)
            ],
        ),
        "terms": arrow(TERMS, [{"terms": i, "curve": c, "minimum_run_ms": 300_000} for i, c in enumerate(Curve)]),
        "rules": arrow(RULES),
        "platform": arrow(
            PLATFORM,
            [
                {
                    "curve": curve,
                    "incident": 0,
                    "service": "storefront",
                    "start_ms": segment.window.start_ms,
                    "end_ms": segment.window.end_ms,
                    "share_ppm": segment.share_ppm,
                }
                for curve in Curve
                for segment in segments[curve]
            ],
        ),
        "impacts": arrow(IMPACTS),
        "exclusions": evidence([])["exclusions"],
    }
    found = results(tables)
    minutes_down = {curve: Fraction(found[i].bad_ppm_ms, SHARE_FULL_PPM * MINUTE_MS) for i, curve in enumerate(Curve)}
    assert minutes_down == {
        Curve.FULL_OUTAGE: 220,
        Curve.LINEAR: Fraction("279.5"),
        Curve.STEP: 305,
        Curve.ANY_IMPACT: 570,
        Curve.REPORTED_WINDOW: 630,
    }
    assert {result.total_ms for result in found.values()} == {43_200 * MINUTE_MS}
    assert found[list(Curve).index(Curve.STEP)].availability == Fraction(8579, 8640)
    assert {len(result.lines) for result in found.values()} == {1}, "one incident is one line, however many steps"


def test_a_subject_without_terms_is_refused_and_not_read_as_up():
    tables = evidence([Case(SEPTEMBER)])
    with pytest.raises(InvalidValueError, match="needs terms"):
        measure(Evidence(**{**tables, "terms": TERMS.empty_table()}))


# Who knew of it


def test_terms_that_ask_for_a_ticket_take_the_outage_of_everybody_from_nobody_else():
    tables = evidence([a_case(platform=(a_hit(0, 10),))])
    (subject,), (terms,) = tables["subjects"].to_pylist(), tables["terms"].to_pylist()
    others = {"subject": 1, "terms": 1, "merchant_id": "another-merchant"}
    tables["subjects"] = arrow(SUBJECTS, [subject, subject | others])
    tables["terms"] = arrow(TERMS, [terms | {"reported_by": "ticket"}, terms | {"terms": 1}])
    assert [found.bad_ppm_ms for found in results(tables).values()] == [0, 10 * MINUTE_MS * FULL]


@pytest.mark.parametrize(
    ("clock", "instants", "counted"),
    [
        pytest.param("ticket report", {"ticket_ms": 3, "reported_ms": 6}, 7, id="the ticket first"),
        pytest.param("report ticket", {"ticket_ms": 6, "reported_ms": 3}, 7, id="the report first"),
        pytest.param("ticket report", {"reported_ms": 6}, 4, id="the only one that is known"),
        pytest.param("ticket report", {"ticket_ms": -5, "reported_ms": 6}, 10, id="one from before the outage"),
        pytest.param("ticket report", {"confirmed_ms": 1}, 0, id="neither"),
        pytest.param("confirmation report", {"confirmed_ms": 12}, 0, id="one from after the outage"),
    ],
)
def test_of_several_clocks_the_earliest_known_counts(clock, instants, counted):
    tables = evidence([a_case(a_hit(0, 10))])
    start_ms = SEPTEMBER.start_ms
    known = {name: start_ms + minute * MINUTE_MS for name, minute in instants.items()}
    tables["impacts"] = arrow(IMPACTS, [tables["impacts"].to_pylist()[0] | known])
    tables["terms"] = arrow(TERMS, [tables["terms"].to_pylist()[0] | {"clock": clock}])
    assert results(tables)[0].bad_ppm_ms == counted * MINUTE_MS * FULL
