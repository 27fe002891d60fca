"""Stage 1 for redundant things: only what hits several units at once is an outage of the contract."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_service.domain.accounting.pieces import Piece
from sla_service.domain.accounting.together import Lying, together
from sla_service.domain.windows import SHARE_FULL_PPM, Window

ALWAYS = Window(0, 1_000)
HALF = SHARE_FULL_PPM // 2


def hit(*stretches, exists=ALWAYS):
    """A unit: (start, end[, share[, rule]])."""
    pieces = []
    for start, end, *rest in stretches:
        share, rule = [*rest, *(SHARE_FULL_PPM, -1)[len(rest) :]]
        pieces.append(Piece(start, end, share, 0 if share else -1, rule))
    return Lying(exists, pieces)


def shown(units, down=None):
    return [(one.start_ms, one.end_ms, one.share_ppm, one.rule) for one in together(units, down)]


CASES = [
    pytest.param([hit((0, 60)), hit((60, 120))], None, [], id="one after the other is never at once"),
    pytest.param([hit((0, 60)), hit((50, 120))], None, [(50, 60, SHARE_FULL_PPM, -1)], id="ten minutes of both"),
    pytest.param(
        [hit((0, 60)), hit((0, 60, HALF))], None, [(0, 60, HALF, -1)], id="as much is lost as the least hit one lost"
    ),
    pytest.param(
        [hit((0, 60)), hit((30, 90)), hit((200, 300))], 2, [(30, 60, SHARE_FULL_PPM, -1)], id="any two of three will do"
    ),
    pytest.param([hit((0, 60))], 2, [], id="a single unit is not two"),
    pytest.param(
        [hit((0, 60)), hit(exists=Window(30, 1_000))],
        None,
        [(0, 30, SHARE_FULL_PPM, -1)],
        id="a unit that does not exist yet carries nothing on",
    ),
    pytest.param(
        [hit((0, 30), (30, 60, HALF), (60, 90)), hit((0, 90))],
        None,
        [(0, 30, SHARE_FULL_PPM, -1), (30, 60, HALF, -1), (60, 90, SHARE_FULL_PPM, -1)],
        id="a dip in the middle stays one",
    ),
    pytest.param(
        [hit((0, 60, SHARE_FULL_PPM, 1)), hit((0, 90))],
        None,
        [(0, 60, SHARE_FULL_PPM, 1)],
        id="an outage that needs an excluded unit is excluded",
    ),
    pytest.param(
        [hit((0, 60, SHARE_FULL_PPM, 1)), hit((0, 90)), hit((0, 90, HALF))],
        2,
        [(0, 90, HALF, -1)],
        id="one that does not need it is not",
    ),
    pytest.param(
        [hit((0, 60, 0, 2)), hit((30, 90, 0, 0))],
        None,
        [(30, 60, 0, 0)],
        id="idle time is excluded where it is for all",
    ),
    pytest.param([], None, [], id="no units, nothing at all"),
]


@pytest.mark.parametrize(("units", "down", "expected"), CASES)
def test_what_hits_units_at_once(units, down, expected):
    assert shown(units, down) == expected


marks = st.lists(
    st.tuples(st.integers(0, 30), st.integers(1, 6), st.sampled_from([0, HALF, SHARE_FULL_PPM]), st.integers(-1, 1)),
    max_size=5,
)


@st.composite
def units(draw):
    found = []
    for _ in range(draw(st.integers(1, 4))):
        at, pieces = 0, []
        for gap, length, share, rule in draw(marks):
            if share or rule >= 0:
                pieces.append((at + gap, at + gap + length, share, rule))
            at += gap + length
        start = draw(st.sampled_from([0, 0, 20]))
        found.append(hit(*pieces, exists=Window(start, 1_000)))
    return found


def slowly(book, down, at):
    """Instant by instant: what share is lost, and whether it is excluded."""
    here = [
        next((p for p in unit.pieces if p.start_ms <= at < p.end_ms), Piece(at, at + 1, 0))
        for unit in book
        if unit.exists.start_ms <= at < unit.exists.end_ms
    ]
    needed = len(here) if down is None else down

    def least(pieces):
        shares = sorted((p.share_ppm for p in pieces if p.share_ppm), reverse=True)
        return shares[needed - 1] if 0 < needed <= len(shares) else 0

    counted = least([p for p in here if p.rule < 0])
    return (counted, False) if counted else (least(here), least(here) > 0)


@given(units(), st.sampled_from([None, 2, 3]))
def test_every_instant_is_what_counting_one_by_one_gives(book, down):
    found = together(book, down)
    assert all(one.end_ms <= other.start_ms for one, other in pairwise(found))
    for at in range(200):
        piece = next((p for p in found if p.start_ms <= at < p.end_ms), None)
        share = piece.share_ppm if piece else 0
        assert (share, bool(share) and piece.rule >= 0) == slowly(book, down, at)


@given(units())
def test_more_units_at_once_are_never_down_for_longer(book):
    def lost(down):
        return sum(piece.impact_ppm_ms for piece in together(book, down))

    assert lost(3) <= lost(2) <= lost(1)
