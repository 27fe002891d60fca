"""Outages of a credited row found again in its lines, which know neither runs nor gaps."""

from __future__ import annotations

import pytest

from sla_service.domain.exclusions import ExclusionKind
from sla_service.domain.instants import MINUTE_MS
from sla_service.domain.policies.credits import Flat, Per
from sla_service.domain.policies.downtime import ExclusionRule, Qualify, RunsMeasured
from sla_service.domain.windows import SHARE_FULL_PPM
from sla_service.usecases.redo_credit import measured_again
from tests.builders import SEPTEMBER, a_policy, share

ROW = {"bad_ppm_ms": 0, "total_ms": SEPTEMBER.duration_ms, "time_zone": "Asia/Shanghai"}
EACH = Flat(share("5"), Per.OUTAGE)
PARTED = [(0, 20, "counted", None), (20, 40, "excluded", "customer"), (40, 55, "counted", None)]
NEAR = [(0, 10, "counted", None), (19, 29, "counted", None), (29, 30, "partial_slot", None), (40, 50, "counted", None)]
OF_TWO_UNITS = [(0, 20, "counted", None), (10, 30, "counted", None)]


@pytest.mark.parametrize(
    ("qualify", "lines", "outages"),
    [
        pytest.param(Qualify(), PARTED, [(0, 55, 35)], id="an exclusion in the middle leaves one outage"),
        pytest.param(
            Qualify(measured=RunsMeasured.AFTER_EXCLUSIONS),
            PARTED,
            [(0, 20, 20), (40, 55, 15)],
            id="or parts it in two",
        ),
        pytest.param(Qualify(), NEAR, [(0, 10, 10), (19, 29, 10), (40, 50, 10)], id="outages with gaps between them"),
        pytest.param(
            Qualify(joined_within_ms=9 * MINUTE_MS), NEAR, [(0, 29, 20), (40, 50, 10)], id="of which two are near"
        ),
        pytest.param(Qualify(), OF_TWO_UNITS, [(0, 20, 20), (10, 30, 20)], id="lines of two units at a time"),
    ],
)
def test_lines_are_put_together_as_outages_were(qualify, lines, outages):
    policy = a_policy(qualify=qualify, exclude=(ExclusionRule(ExclusionKind.CUSTOMER),), credit=EACH)
    start_ms = SEPTEMBER.start_ms
    rows = [
        {
            "started_at_ms": start_ms + start * MINUTE_MS,
            "ended_at_ms": start_ms + end * MINUTE_MS,
            "impact_ppm_ms": (end - start) * MINUTE_MS * SHARE_FULL_PPM,
            "status": status,
            "reason": reason,
        }
        for start, end, status, reason in lines
    ]
    found = measured_again(policy, ROW, rows).outages
    minutes = [((o.start_ms - start_ms) // MINUTE_MS, (o.end_ms - start_ms) // MINUTE_MS) for o in found]
    assert [(*edges, o.bad_ms / MINUTE_MS) for edges, o in zip(minutes, found, strict=True)] == outages


def test_outages_are_not_looked_for_where_nothing_depends_on_them():
    assert measured_again(a_policy(), ROW, []).outages == ()
