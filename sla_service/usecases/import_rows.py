"""Import a file of any noun, CSV or Parquet: whole, or not at all."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import pyarrow as pa
from sqlmodel import Session

from sla_service.db.audit import Editor
from sla_service.db.imports import find_import, save_import
from sla_service.db.merge import Merged, Reference, merge
from sla_service.db.parties import change_recipients
from sla_service.db.runs import find_issuing
from sla_service.db.tables import ImportRecord
from sla_service.domain.errors import ConflictError
from sla_service.formats.files import read_file
from sla_service.usecases.record_import import Arrival, record_import

TABLES = {"timeline": "timeline_points"}
"""Where a noun's table has another name."""

RECIPIENTS = ("merchants", "partners")
"""Nouns that statements copy."""

_INCIDENT = Reference("incident_id", "incidents", "incident_id")
_MERCHANT = Reference("merchant_id", "merchants", "merchant_id")
REFERENCES = {
    "merchants": (Reference("partner_id", "partners", "partner_id"),),
    "contracts": (_MERCHANT,),
    "units": (_MERCHANT,),
    "charges": (_MERCHANT,),
    "timeline": (_INCIDENT,),
    "impacts": (Reference("incident_id", "incidents", "incident_id", same=("service",)), _MERCHANT),
    "exclusions": (_MERCHANT,),
    "usage": (_MERCHANT,),
    "claims": (_MERCHANT,),
}


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What an import did."""

    noun: str
    rows: int
    added: int
    changed: int
    replay: bool
    """Whether these very bytes had been imported before."""

    @property
    def unchanged(self) -> int:
        """Rows that were there already."""
        return self.rows - self.added - self.changed


def import_file(
    session: Session,
    noun: str,
    data: bytes,
    *,
    name: str,
    now_ms: int,
    actor: str,
    update: bool = False,
) -> ImportOutcome:
    """Import a CSV or Parquet file.

    Args:
        session: Open; nothing is committed.
        noun: A key of ``formats.nouns.NOUNS``.
        data: The file's bytes.
        name: The file's name, for the record; one that ends in ``.parquet`` says what the file must be.
        now_ms: The instant of the import.
        actor: Who imports.
        update: Whether rows replace earlier ones with the same key; otherwise a contradiction is refused.

    Raises:
        InvalidValueError: Every bad line (of Parquet, row) with its column, value and reason; nothing was imported.
        ConflictError: It would change whom a run is being issued to.
    """
    if update and noun in RECIPIENTS:
        _refuse_while_issuing(session)
    sha256 = hashlib.sha256(data).hexdigest()
    before = find_import(session, noun, sha256)
    if before is not None and not update:
        return ImportOutcome(noun, before.rows, 0, 0, replay=True)
    rows = read_file(noun, data, name=name)
    merged = import_table(session, noun, rows, update=Editor(actor, now_ms) if update else None)
    record_import(session, noun, rows, merged, Arrival(name, sha256, actor, now_ms))
    if before is not None:
        return ImportOutcome(noun, merged.rows, merged.added, merged.changed, replay=False)
    save_import(
        session,
        ImportRecord(
            noun=noun,
            sha256=sha256,
            name=name,
            rows=merged.rows,
            added=merged.added,
            imported_at_ms=now_ms,
            imported_by=actor,
        ),
    )
    return ImportOutcome(noun, merged.rows, merged.added, merged.changed, replay=False)


def _refuse_while_issuing(session: Session) -> None:
    """What was approved is what is issued: later batches must find the recipients that were approved."""
    change_recipients(session)
    run_id = find_issuing(session)
    if run_id is not None:
        message = f"run {run_id} is being issued to these merchants and partners; import the file again when it is done"
        raise ConflictError("run_issuing", message)


def import_table(session: Session, noun: str, rows: pa.Table, *, update: Editor | None = None) -> Merged:
    """Import parsed rows of a noun, as ``formats.rows`` gives them: the one way in, for files and the API.

    Raises:
        InvalidValueError: Rows that contradict each other, refer to nothing, or contradict what was imported before.
    """
    return merge(session, TABLES.get(noun, noun), rows, REFERENCES.get(noun, ()), update=update)
