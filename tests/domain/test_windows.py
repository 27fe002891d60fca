"""Windows: half-open, never empty, so that neighbours touch without overlap."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_service.domain.errors import InvalidValueError
from sla_service.domain.windows import Window, clip
from tests.builders import a_window
from tests.strategies import windows


def test_a_window_lasts_from_its_start_to_its_end():
    assert a_window("2023-09-19T02:00+08:00", "2023-09-19T05:40+08:00").duration_ms == 220 * 60_000


def test_the_shortest_window_is_a_millisecond():
    assert Window(0, 1).duration_ms == 1


@pytest.mark.parametrize(
    ("start", "end", "rule", "message"),
    [
        pytest.param(
            "2023-09-19T10:00Z",
            "2023-09-19T10:00Z",
            "interval_empty",
            "the window starts and ends at 2023-09-19T10:00:00Z",
            id="a window without length",
        ),
        pytest.param(
            "2023-09-19T11:00Z",
            "2023-09-19T10:00Z",
            "interval_reversed",
            "the window ends 2023-09-19T10:00:00Z, not after its start 2023-09-19T11:00:00Z",
            id="a window that ends before it starts",
        ),
    ],
)
def test_a_window_is_refused(start, end, rule, message):
    with pytest.raises(InvalidValueError) as refused:
        a_window(start, end)
    assert [(problem.rule, problem.message) for problem in refused.value.problems] == [(rule, message)]


@pytest.mark.parametrize(
    ("one", "two", "both"),
    [
        pytest.param((0, 5), (5, 9), None, id="neighbours only touch"),
        pytest.param((0, 5), (6, 9), None, id="apart"),
        pytest.param((0, 5), (4, 9), (4, 5), id="a millisecond in common"),
        pytest.param((0, 9), (3, 5), (3, 5), id="one inside the other"),
        pytest.param((0, 9), (0, 9), (0, 9), id="the same"),
        pytest.param((0, 9), (0, 5), (0, 5), id="the same start"),
        pytest.param((0, 9), (5, 9), (5, 9), id="the same end"),
    ],
)
def test_overlap(one, two, both):
    expected = Window(*both) if both else None
    assert Window(*one).overlap(Window(*two)) == expected
    assert Window(*two).overlap(Window(*one)) == expected


def _seconds(window: Window) -> set[int]:
    return set(range(window.start_ms, window.end_ms, 1000))


@given(windows, windows)
def test_an_overlap_holds_the_instants_that_lie_in_both(one, two):
    both = one.overlap(two)
    assert (_seconds(both) if both else set()) == _seconds(one) & _seconds(two)


@given(st.lists(windows), windows)
def test_clipping_keeps_the_parts_inside_in_the_order_given(found, period):
    expected = [_seconds(window) & _seconds(period) for window in found]
    assert [_seconds(part) for part in clip(found, to=period)] == [part for part in expected if part]


def test_clipping_drops_what_only_touches():
    assert clip([Window(0, 3), Window(2, 5), Window(7, 9)], to=Window(3, 7)) == [Window(3, 5)]
