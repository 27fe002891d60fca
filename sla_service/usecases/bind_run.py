"""What an approval is for: everything that must still be the same when the run is issued."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from sqlmodel import Session

from sla_service.db.among import Among
from sla_service.db.bulk import csv_bytes, iter_arrow
from sla_service.db.credits import policies_of_run, totals_of_run
from sla_service.db.parties import recipients_query
from sla_service.db.run_batches import list_batches
from sla_service.db.tables import RunRecord
from sla_service.domain.periods import Month
from sla_service.domain.statements import Issuer
from sla_service.formats.template_version import template_version
from sla_service.usecases.collecting import not_collecting
from sla_service.usecases.contract_facts import surroundings
from sla_service.usecases.decide_credit import decisions_of
from sla_service.usecases.fingerprint_inputs import inputs_of
from sla_service.usecases.gather_evidence import gather
from sla_service.usecases.owed_statement import still_owed

Binding = Mapping[str, Any]
NAMED = ("inputs", "totals", "issuer")
"""Components with parts that have names of their own."""


def binding_of(session: Session, run: RunRecord, issuer: Issuer) -> dict[str, Any]:
    """The components of a run's binding, as they are now.

    Returns:
        figures (digest), totals (per currency: credits, minor units, milliseconds of service), policies (name and
        version to digest), inputs (noun to digest), tzdb (version), template (digest), recipients (digest), issuer; of
        a void also what is still owed on the statement.
    """
    return {
        "figures": run.digest,
        "totals": totals_of_run(session, run.run_id),
        "policies": policies_of_run(session, run.run_id),
        "inputs": inputs_now(session, run),
        "tzdb": importlib.metadata.version("tzdata"),
        "template": template_version(),
        "recipients": recipients_sha256(session, run.run_id),
        "issuer": {**asdict(issuer), "address": list(issuer.address)},
        # A void takes back what is still owed; what is used up in the meantime it cannot.
        **({"still owed": str(still_owed(session, run.voids))} if run.voids else {}),
    }


def changes(before: Binding, now: Binding, *, among: Iterable[str] = ()) -> list[str]:
    """The components that differ, the parts of some by name (``inputs: impacts``); only some of them if asked for."""
    found = []
    for name in sorted(among or {*before, *now}):
        one, two = before.get(name), now.get(name)
        if one == two:
            continue
        if name in NAMED and isinstance(one, Mapping) and isinstance(two, Mapping):
            parts = sorted(part for part in {*one, *two} if one.get(part) != two.get(part))
            found.append(f"{name}: {', '.join(parts)}")
        else:
            found.append(name)
    return found


def binding_json(binding: Binding) -> str:
    """For the run's row."""
    return json.dumps(binding, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def inputs_calculated(session: Session, run: RunRecord) -> dict[str, str]:
    """Digests of what all batches read when they were calculated, by noun."""
    batches = list_batches(session, run.run_id, "merchants")
    return _joined(json.loads(batch.inputs or "{}") for batch in batches)


def inputs_now(session: Session, run: RunRecord) -> dict[str, str]:
    """Digests of what all batches would read now, by noun; a batch in memory at a time. A void reads no evidence."""
    if run.voids is not None:
        return {}
    batches = list_batches(session, run.run_id, "merchants")
    return _joined(_read_again(session, run, (batch.first_id, batch.last_id)) for batch in batches)


@not_collecting()
def _read_again(session: Session, run: RunRecord, among: Among) -> dict[str, str]:
    gathered = gather(session, Month.parse(run.period), as_of_ms=run.created_at_ms, among=among, in_columns=True)
    return inputs_of(gathered, surroundings(session, gathered), decisions_of(session, run.period, among))


def _joined(batches: Iterable[Mapping[str, str]]) -> dict[str, str]:
    digests: dict[str, Any] = {}
    for batch in batches:
        for noun, sha256 in batch.items():
            digests.setdefault(noun, hashlib.sha256()).update(sha256.encode())
    return {noun: digest.hexdigest() for noun, digest in sorted(digests.items())}


def recipients_sha256(session: Session, run_id: int) -> str:
    """Digest of everything that is copied from merchants and partners to their statements."""
    digest = hashlib.sha256()
    for query in recipients_query(run_id):
        for batch in iter_arrow(session, query):
            # Row by row: where batches of rows begin and end must not matter.
            digest.update(csv_bytes(batch))
    return digest.hexdigest()


def issuer_in(binding: Binding) -> Issuer:
    """The issuer as approved."""
    said = binding["issuer"]
    return Issuer(**{**said, "address": tuple(said["address"])})
