"""Exclusions: how long before its start one was announced."""

from __future__ import annotations

import pytest

from sla_service.domain.instants import HOUR_MS
from tests.builders import a_window, an_exclusion

UPKEEP = a_window("2023-09-19T02:00+08:00", "2023-09-19T03:00+08:00")


@pytest.mark.parametrize(
    ("announced_hours_before", "notice_ms"),
    [
        pytest.param(72, 72 * HOUR_MS, id="three days ahead"),
        pytest.param(0, 0, id="as it began"),
        pytest.param(-1, -HOUR_MS, id="after the fact"),
    ],
)
def test_notice(announced_hours_before, notice_ms):
    announced_at_ms = UPKEEP.start_ms - announced_hours_before * HOUR_MS
    assert an_exclusion(UPKEEP, announced_at_ms=announced_at_ms).notice_ms == notice_ms


def test_what_was_never_announced_has_no_notice():
    assert an_exclusion(UPKEEP).notice_ms is None
