"""Recovery curves: what each accounting method counts of one timeline."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_service.domain.errors import InvalidValueError
from sla_service.domain.incidents import (
    Curve,
    Incident,
    TimelinePoint,
    contradicts_its_end,
    recovery_segments,
    turning_points,
)
from sla_service.domain.instants import MINUTE_MS, SECOND_MS
from sla_service.domain.windows import SHARE_FULL_PPM
from tests.builders import a_point, an_incident, the_outage
from tests.builders import minutes as minutes_after
from tests.oracle import line_area
from tests.strategies import lines_of_recovery

FOREVER_MS = 2**60
STEPPED = (Curve.FULL_OUTAGE, Curve.STEP, Curve.ANY_IMPACT)
"""Curves under which a stretch between two reports is one segment."""


def minutes_down(incident: Incident, curve: Curve, until_ms: int = FOREVER_MS) -> Fraction:
    segments = recovery_segments(incident, curve, until_ms=until_ms)
    area = sum(segment.share_ppm * segment.window.duration_ms for segment in segments)
    return Fraction(area, SHARE_FULL_PPM * MINUTE_MS)


def reports(*points: tuple[float, int], **changes) -> Incident:
    """An incident reported in minutes after the start of the month and percentages available."""
    timeline = tuple(TimelinePoint(minutes_after(-1, at).end_ms, available * 10_000) for at, available in points)
    return an_incident(*timeline, **changes)


@pytest.mark.parametrize(
    ("curve", "expected"),
    [
        pytest.param(Curve.FULL_OUTAGE, "220", id="only full outage counts"),
        pytest.param(Curve.LINEAR, "279.5", id="a straight line between two reports"),
        pytest.param(Curve.STEP, "305", id="a report holds until the next"),
        pytest.param(Curve.ANY_IMPACT, "570", id="any impact counts as down"),
        pytest.param(Curve.REPORTED_WINDOW, "630", id="the status page's own window"),
    ],
)
def test_the_outage_of_19_september_2023(curve, expected):
    assert minutes_down(the_outage(), curve) == Fraction(expected)


def test_every_curve_has_a_worked_case_above():
    assert {curve.value for curve in Curve} == {"full_outage", "linear", "step", "any_impact", "reported_window"}


@pytest.mark.parametrize(
    ("curve", "expected"),
    [
        pytest.param(Curve.FULL_OUTAGE, "10", id="full outage"),
        pytest.param(Curve.LINEAR, "15", id="linear, the last report holds"),
        pytest.param(Curve.STEP, "15", id="step, the last report holds"),
        pytest.param(Curve.ANY_IMPACT, "20", id="any impact"),
        pytest.param(Curve.REPORTED_WINDOW, "20", id="the reported window"),
    ],
)
def test_an_open_incident_goes_on_until_it_is_cut(curve, expected):
    incident = reports((0, 0), (10, 50))
    assert minutes_down(incident, curve, until_ms=minutes_after(0, 20).end_ms) == Fraction(expected)


@pytest.mark.parametrize("curve", Curve)
def test_a_closed_incident_ends_where_its_evidence_says(curve):
    incident = reports((0, 0), (10, 100), end="2023-09-01T00:10+08:00")
    assert minutes_down(incident, curve) == 10


@pytest.mark.parametrize("curve", STEPPED)
def test_without_a_report_of_full_recovery_a_closed_incident_lasts_until_its_end(curve):
    incident = reports((0, 0), end="2023-09-01T00:07+08:00")
    assert minutes_down(incident, curve) == 7


@pytest.mark.parametrize("curve", [*STEPPED, Curve.LINEAR])
def test_an_end_before_the_report_of_recovery_takes_nothing_away(curve):
    incident = reports((0, 0), (10, 100), end="2023-09-01T00:05+08:00")
    assert minutes_down(incident, curve) == 10


def test_an_end_after_full_recovery_counts_in_the_reported_window_alone():
    incident = reports((0, 0), (10, 100), end="2023-09-01T00:30+08:00")
    assert minutes_down(incident, Curve.REPORTED_WINDOW) == 30
    assert {minutes_down(incident, curve) for curve in (*STEPPED, Curve.LINEAR)} == {10}


@pytest.mark.parametrize("curve", Curve)
def test_an_incident_without_timeline_hits_nobody_by_itself(curve):
    assert recovery_segments(an_incident(end="2023-09-01T00:30+08:00"), curve, until_ms=FOREVER_MS) == []


@pytest.mark.parametrize("curve", [*STEPPED, Curve.LINEAR])
def test_reports_of_full_service_count_nothing(curve):
    assert recovery_segments(reports((0, 100), (10, 100)), curve, until_ms=FOREVER_MS) == []


def test_an_incident_cut_before_it_starts_counts_nothing():
    before_ms = minutes_after(-10, -5).end_ms
    assert recovery_segments(reports((0, 0)), Curve.REPORTED_WINDOW, until_ms=before_ms) == []
    assert recovery_segments(reports((0, 0)), Curve.STEP, until_ms=before_ms) == []


def test_a_relapse_counts_again():
    incident = reports((0, 0), (10, 100), (20, 50), (30, 100))
    assert minutes_down(incident, Curve.STEP) == 15
    assert minutes_down(incident, Curve.FULL_OUTAGE) == 10
    assert minutes_down(incident, Curve.ANY_IMPACT) == 20
    assert minutes_down(incident, Curve.LINEAR) == 10 + Fraction("2.5") + Fraction("2.5")


def test_from_nothing_at_all_no_recovery_is_presumed():
    assert minutes_down(reports((0, 0), (10, 100)), Curve.LINEAR) == 10


def test_a_straight_line_is_a_share_for_each_minute():
    segments = recovery_segments(reports((0, 50), (4, 90)), Curve.LINEAR, until_ms=minutes_after(0, 4).end_ms)
    assert [segment.share_ppm for segment in segments] == [450_000, 350_000, 250_000, 150_000]
    assert {segment.window.duration_ms for segment in segments} == {MINUTE_MS}


def test_a_last_part_of_a_minute_gets_its_own_share():
    segments = recovery_segments(reports((0, 50), (1.5, 80)), Curve.LINEAR, until_ms=minutes_after(0, 1.5).end_ms)
    assert [(s.window.duration_ms, s.share_ppm) for s in segments] == [(60_000, 400_000), (30_000, 250_000)]


@given(lines_of_recovery(step_ms=MINUTE_MS) | lines_of_recovery(step_ms=SECOND_MS) | lines_of_recovery(step_ms=7))
def test_the_area_of_a_line_is_the_trapezoid_within_one_ppm_over_a_minute(line):
    one, two = line
    segments = recovery_segments(an_incident(one, two), Curve.LINEAR, until_ms=two.at_ms)
    area = sum(segment.share_ppm * segment.window.duration_ms for segment in segments)
    assert abs(area - line_area(one, two)) < MINUTE_MS


@given(lines_of_recovery(step_ms=MINUTE_MS))
def test_the_shares_of_a_line_run_from_the_first_report_to_the_second(line):
    one, two = line
    segments = recovery_segments(an_incident(one, two), Curve.LINEAR, until_ms=two.at_ms)
    shares = [segment.share_ppm for segment in segments]
    low, high = sorted((one.impact_ppm, two.impact_ppm))
    assert all(low <= share <= high for share in shares)
    # The rest of one minute's rounding goes into the next: a line flatter than 1 ppm a minute may step back by 1 ppm.
    rises = [after - before for before, after in pairwise(shares)]
    assert all(rise <= 1 for rise in rises) if two.impact_ppm <= one.impact_ppm else all(rise >= -1 for rise in rises)


@given(
    st.lists(st.tuples(st.integers(1, 300_000), st.integers(0, SHARE_FULL_PPM)), min_size=1, max_size=6),
    st.sampled_from([Curve.FULL_OUTAGE, Curve.STEP, Curve.ANY_IMPACT, Curve.REPORTED_WINDOW]),
)
def test_segments_are_disjoint_in_order_and_count_something(steps, curve):
    points, at_ms = [], minutes_after(0, 1).start_ms
    for gap_ms, available_ppm in steps:
        at_ms += gap_ms
        points.append(TimelinePoint(at_ms, available_ppm))
    segments = recovery_segments(an_incident(*points), curve, until_ms=at_ms + 1000)
    assert all(one.window.end_ms <= two.window.start_ms for one, two in pairwise(segments))
    assert all(0 < segment.share_ppm <= SHARE_FULL_PPM for segment in segments)
    assert all(points[0].at_ms <= segment.window.start_ms for segment in segments)
    assert all(segment.window.end_ms <= at_ms + 1000 for segment in segments)


@given(st.lists(st.tuples(st.integers(1, 300_000), st.integers(0, SHARE_FULL_PPM)), min_size=1, max_size=6))
def test_a_stricter_method_never_counts_less(steps):
    points, at_ms = [], minutes_after(0, 1).start_ms
    for gap_ms, available_ppm in steps:
        at_ms += gap_ms
        points.append(TimelinePoint(at_ms, available_ppm))
    incident = an_incident(*points)
    counted = [minutes_down(incident, curve, until_ms=at_ms + 1000) for curve in STEPPED]
    assert counted == sorted(counted)


def test_turning_points_leave_out_reports_that_change_nothing():
    points = [
        a_point("2023-09-19T02:00+08:00", "0", "first alert"),
        a_point("2023-09-19T02:43+08:00", "0", "statement"),
        a_point("2023-09-19T05:40+08:00", "50", "shed"),
        a_point("2023-09-19T06:00+08:00", "0", "relapse"),
    ]
    assert [point.text for point in turning_points(points)] == ["first alert", "shed", "relapse"]
    assert turning_points([]) == []


def test_what_is_not_available_is_the_impact():
    assert a_point("2023-09-19T05:40+08:00", "80").impact_ppm == 200_000


def test_a_line_that_ends_within_a_minute_stays_between_its_reports():
    for length_ms, from_ppm, to_ppm in [
        (60_001, 7, 2),
        (17 * 60_000 + 1_000, 20_000, 0),
        (7_021_000, 860_000, 999_999),
    ]:
        points = (TimelinePoint(1_000, 1_000_000 - from_ppm), TimelinePoint(1_000 + length_ms, 1_000_000 - to_ppm))
        incident = Incident("I", "t", "s", "c", 1_000, "x", "", ended_at_ms=1_000 + length_ms, timeline=points)
        shares = [s.share_ppm for s in recovery_segments(incident, Curve.LINEAR, until_ms=1_000 + length_ms)]
        assert all(min(from_ppm, to_ppm) <= share <= max(from_ppm, to_ppm) for share in shares)


def test_an_open_incident_is_cut_even_between_its_reports():
    hour = 3_600_000
    points = (TimelinePoint(hour, 0), TimelinePoint(2 * hour, 500_000))
    incident = Incident("I", "t", "s", "c", hour, "x", "", timeline=points)
    segments = recovery_segments(incident, Curve.STEP, until_ms=hour + 1_000)
    assert [(s.window.start_ms, s.window.end_ms) for s in segments] == [(hour, hour + 1_000)]


def test_a_timeline_that_stands_still_is_refused():
    with pytest.raises(InvalidValueError, match="stands still"):
        Incident("I", "t", "s", "c", 1, "x", "", timeline=(TimelinePoint(5_000, 0), TimelinePoint(5_000, 1)))


def test_a_report_of_impact_after_the_end_leaves_the_end_open():
    hour = 3_600_000
    points = (TimelinePoint(hour, 0), TimelinePoint(3 * hour, 400_000))
    incident = Incident("I", "t", "s", "c", hour, "x", "", ended_at_ms=2 * hour, timeline=points)
    assert contradicts_its_end(incident)
    segments = recovery_segments(incident, Curve.STEP, until_ms=4 * hour)
    assert segments[-1].window.end_ms == 4 * hour


def test_an_incident_without_published_end_ends_where_full_recovery_was_reported():
    hour = 3_600_000
    incident = Incident(
        "I", "t", "s", "c", hour, "x", "", timeline=(TimelinePoint(hour, 0), TimelinePoint(2 * hour, SHARE_FULL_PPM))
    )
    (segment,) = recovery_segments(incident, Curve.REPORTED_WINDOW, until_ms=9 * hour)
    assert (segment.window.start_ms, segment.window.end_ms) == (hour, 2 * hour)
