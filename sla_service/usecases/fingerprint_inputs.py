"""What a calculation rested on, as one SHA-256 per noun: unchanged rows give the same ones again, at any time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields

import pyarrow as pa

from sla_service.db.bulk import fingerprint
from sla_service.domain.incidents import Incident, TimelinePoint
from sla_service.domain.policies import Policy
from sla_service.usecases.contract_facts import Surroundings
from sla_service.usecases.decided import Decisions
from sla_service.usecases.gather_evidence import Gathered

NOTHING = pa.table({})


def inputs_of(gathered: Gathered, known: Surroundings, decisions: Decisions) -> dict[str, str]:
    """A SHA-256 of everything that was read, by noun; what nobody asked for counts as nothing.

    Args:
        gathered: From ``gather``.
        known: From ``surroundings``.
        decisions: Of the same merchants.
    """
    services = sorted(gathered.used_services or ())
    return fingerprint(
        {
            "contracts": _or_nothing(gathered.contracts),
            "units": _or_nothing(gathered.units),
            "impacts": _or_nothing(gathered.impacts),
            "exclusions": _or_nothing(gathered.exclusions),
            "usage": _or_nothing(gathered.usage),
            "used_services": pa.table({"service": pa.array(services, pa.string())}),
            "incidents": _incidents(gathered.incidents),
            "timeline": _timeline(gathered.incidents),
            "policies": _policies(gathered.policies),
            "charges": known.rows.get("charges", NOTHING),
            "claims": known.rows.get("claims", NOTHING),
            "history": known.rows.get("history", NOTHING),
            "decisions": _decisions(decisions),
        }
    )


def _or_nothing(rows: pa.Table | None) -> pa.Table:
    return NOTHING if rows is None else rows


def _incidents(incidents: Iterable[Incident]) -> pa.Table:
    names = [field.name for field in fields(Incident) if field.name != "timeline"]
    return pa.Table.from_pylist([{name: getattr(one, name) for name in names} for one in incidents])


def _timeline(incidents: Iterable[Incident]) -> pa.Table:
    names = [field.name for field in fields(TimelinePoint)]
    points = ((one.incident_id, point) for one in incidents for point in one.timeline)
    return pa.Table.from_pylist([{"of": of} | {name: getattr(point, name) for name in names} for of, point in points])


def _policies(policies: Iterable[Policy]) -> pa.Table:
    known = [{"policy": one.policy, "version": one.version, "digest": one.digest} for one in policies]
    return pa.Table.from_pylist(known)


def _decisions(decisions: Decisions) -> pa.Table:
    return pa.Table.from_pylist([dict(row) for row in decisions.values()])
