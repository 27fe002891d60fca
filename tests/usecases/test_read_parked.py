"""What an approver is told of incidents that count for nobody."""

from __future__ import annotations

import pytest

from sla_service.db.engine import reading, writing
from sla_service.domain.instants import parse_instant
from sla_service.domain.periods import Month
from sla_service.usecases.import_rows import import_file
from sla_service.usecases.read_parked import silent_incidents
from tests.usecases.the_month import MERCHANTS, PARTNERS

INCIDENTS = """incident_id,title,service,cause,started_at,ended_at,source,source_ref
LONG,Platform,storefront,network,2024-03-01T00:00Z,2024-04-30T00:00Z,alert,a/1
MUTE,Platform,storefront,network,2024-03-01T00:00Z,2024-04-30T00:00Z,alert,a/2
"""


@pytest.mark.parametrize(("day", "month"), [("2024-03-05", 4), ("2024-04-05", 4), ("2024-04-05", 3)])
def test_an_incident_that_hit_somebody_in_another_month_is_not_silent(engine, day, month):
    merchant = MERCHANTS.splitlines()[1].split(",")[0]
    hits = "incident_id,merchant_id,service,started_at,ended_at,share\n"
    hits += f"LONG,{merchant},storefront,{day}T10:00Z,{day}T13:20Z,1\n"
    files = {"partners": PARTNERS, "merchants": MERCHANTS, "incidents": INCIDENTS, "impacts": hits}
    for noun, text in files.items():
        with writing(engine) as session:
            now_ms = parse_instant("2024-05-01T00:00Z")
            import_file(session, noun, text.encode(), name=f"{noun}.csv", now_ms=now_ms, actor="ann")
    with reading(engine) as session:
        assert silent_incidents(session, Month(2024, month)) == ["MUTE"]
