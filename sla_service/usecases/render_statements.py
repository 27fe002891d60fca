"""Render issued statements into stored documents; one that cannot be rendered is parked with its reason."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from sqlmodel import Session

from sla_service.db.runs import load_run
from sla_service.db.statements import find_document, forget_parked, load_statement, save_document, unrendered_page
from sla_service.db.tables import StatementDocumentRecord
from sla_service.domain.errors import ConflictError, InvalidValueError
from sla_service.domain.statements import statement_from_json
from sla_service.formats.statement_pdf import render_statement
from sla_service.usecases.decide_run import require_state
from sla_service.usecases.progress import Progress, silent


@dataclass(slots=True)
class Rendered:
    """What rendering did."""

    documents: int = 0
    parked: list[tuple[str, str]] = field(default_factory=list)
    """Statement number and reason."""
    finished: bool = False
    """Whether no statement without a document is left."""


def render_statements(
    session: Session,
    run_id: int,
    *,
    fonts_dir: Path,
    progress: Progress = silent,
) -> Rendered:
    """Render the next page of an issued run's statements that have no document yet.

    A page at a time, so that its caller can commit: a long rendering that is interrupted goes on where it was.

    Args:
        session: Open.
        run_id: An issued run.
        fonts_dir: Where prepared fonts are kept.
        progress: Told how far the whole run is.

    Raises:
        ConflictError: The run is not issued.
    """
    require_state(load_run(session, run_id), "issued")
    page, done, count = unrendered_page(session, run_id)
    rendered = Rendered(finished=not page)
    for record in page:
        document = _render(record.number, record.snapshot, fonts_dir)
        save_document(session, document)
        if document.parked_reason is None:
            rendered.documents += 1
        else:
            rendered.parked.append((document.number, document.parked_reason))
        progress("Rendering statements", done + rendered.documents + len(rendered.parked), count)
    return rendered


def retry_parked(session: Session, run_id: int) -> int:
    """Forget why statements of a run could not be rendered, so that they are tried again; how many there are."""
    require_state(load_run(session, run_id), "issued")
    return forget_parked(session, run_id)


def _render(number: str, snapshot: str, fonts_dir: Path) -> StatementDocumentRecord:
    try:
        pdf = render_statement(statement_from_json(snapshot), fonts_dir=fonts_dir)
    except InvalidValueError as error:
        return StatementDocumentRecord(number=number, parked_reason=str(error))
    return StatementDocumentRecord(number=number, pdf=pdf, pdf_sha256=hashlib.sha256(pdf).hexdigest())


def statement_pdf(session: Session, number: str, *, fonts_dir: Path) -> bytes:
    """A statement's document as stored; rendered and stored now if it has not been.

    Raises:
        NotFoundError: There is no such statement.
        ConflictError: It cannot be rendered; the reason says why.
    """
    document = find_document(session, number)
    if document is None:
        document = _render(number, load_statement(session, number).snapshot, fonts_dir)
        save_document(session, document)
    if document.pdf is None:
        raise ConflictError("statement_parked", f"statement {number} has no document yet: {document.parked_reason}")
    return document.pdf
