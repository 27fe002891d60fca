"""A curve that is cut to a window is what the incident gives in that window."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sla_service.domain.incidents import Curve, recovery_segments
from sla_service.domain.instants import HOUR_MS, MINUTE_MS
from sla_service.domain.windows import SHARE_FULL_PPM, Window
from sla_service.usecases.impact_shapes import mean_ppm, shape_of
from tests.builders import a_point, an_incident, the_outage

OUTAGE = the_outage()
OPEN = an_incident(a_point("2023-09-19T02:00+08:00", "0"), a_point("2023-09-19T05:40+08:00", "50"))
INCIDENTS = {
    "closed": OUTAGE,
    "without an end": replace(OUTAGE, ended_at_ms=None),
    "still open": OPEN,
    "reported to go on after its end": replace(OPEN, ended_at_ms=OPEN.started_at_ms + HOUR_MS),
    "without a timeline": an_incident(),
}
instants = st.integers(-2 * 60, 14 * 60).map(lambda minute: OUTAGE.started_at_ms + minute * MINUTE_MS)


@given(
    st.sampled_from(sorted(INCIDENTS)),
    st.sampled_from(Curve),
    st.tuples(instants, instants, st.integers(0, 1_999)),
)
@example("closed", Curve.LINEAR, (OUTAGE.started_at_ms + 250 * MINUTE_MS, OUTAGE.started_at_ms + 250 * MINUTE_MS, 1))
def test_a_shape_is_cut_as_its_segments_are(name, curve, edges):
    one, two, more = edges
    window = Window(min(one, two), max(one, two) + 1 + more)
    parts = [
        (part.start_ms, part.end_ms, segment.share_ppm)
        for segment in recovery_segments(INCIDENTS[name], curve, until_ms=window.end_ms)
        if (part := segment.window.overlap(window)) is not None
    ]
    area = sum((end - start) * share for start, end, share in parts)
    shape = shape_of(INCIDENTS[name], curve)
    assert shape.area(window.start_ms, window.end_ms) == area
    assert shape.drawn(window.start_ms, window.end_ms, area) == parts


def test_a_merchant_s_own_evidence_is_drawn_at_its_mean():
    start, end = OUTAGE.started_at_ms, OUTAGE.started_at_ms + 10 * MINUTE_MS
    shape = shape_of(OUTAGE, Curve.STEP)
    half = (end - start) * SHARE_FULL_PPM // 2
    assert shape.drawn(start, end, half) == [(start, end, 500_000)]
    assert shape.drawn(start, end, 1) == []


def test_no_share_is_above_all_there_is():
    assert shape_of(INCIDENTS["without a timeline"], Curve.STEP).drawn(0, 2, 5 * SHARE_FULL_PPM) == [
        (0, 2, SHARE_FULL_PPM)
    ]


@pytest.mark.parametrize(("area", "duration_ms", "share"), [(7, 2, 4), (5, 2, 2), (8, 3, 3), (7, 3, 2), (0, 5, 0)])
def test_a_mean_is_rounded_to_the_nearest_and_halves_to_the_even_part(area, duration_ms, share):
    assert mean_ppm(area, duration_ms) == share == round(Fraction(area, duration_ms))
