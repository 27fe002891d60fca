"""Export a run for finance: files with a control row, or files that ledgers import; the same bytes each time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from sla_service.config import Settings
from sla_service.db.runs import load_run
from sla_service.domain.errors import NotFoundError
from sla_service.formats.exports.csv_table import Sums, csv_chunks
from sla_service.formats.exports.ledgers import Terms, ledger_files
from sla_service.formats.exports.shapes import JOURNAL, LINES, REGISTER
from sla_service.usecases.decide_run import require_state
from sla_service.usecases.export_rows import journal, lines, register
from sla_service.usecases.ledger_documents import LEDGERS, SETTINGS, iter_documents, terms_of

EXPORTS = ("register", "lines", "journal")
"""One file each, with a control row."""
KINDS = (*EXPORTS, *LEDGERS)

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ExportTerms:
    """What comes from the settings and not from the run."""

    accounts: tuple[str, str]
    """Debit and credit account of the journal."""
    ledgers: Terms

    def options(self, kind: str) -> str:
        """What of it a kind's bytes depend on: other settings make another export, with a digest of its own."""
        if kind == "journal":
            return f"debit={self.accounts[0]}; credit={self.accounts[1]}"
        return "; ".join(f"{name}={getattr(self.ledgers, name)}" for name in SETTINGS.get(kind, ()))


def export_terms(settings: Settings) -> ExportTerms:
    """What exports are told, from the settings."""
    return ExportTerms((settings.account_debit, settings.account_credit), terms_of(settings))


@dataclass(frozen=True, slots=True)
class Export:
    """An export on its way out."""

    run_id: int
    kind: str
    options: str
    stem: str
    """What its files are called: ``register-2023-09-run-1``."""
    files: Iterator[tuple[str, bytes]]
    """Name and bytes, chunk by chunk, file after file; to be taken once, while the session is open."""
    sums: Sums
    """Complete when all files are taken."""

    @property
    def is_folder(self) -> bool:
        """Whether it may have several files; the last one then is the control file."""
        return self.kind in LEDGERS


def start_export(session: Session, run_id: int, kind: str, terms: ExportTerms) -> Export:
    """Begin an export of an issued run.

    Args:
        session: Open until the last file was taken.
        run_id: An issued run.
        kind: One of ``KINDS``.
        terms: From the settings.

    Raises:
        ConflictError: The run is not issued; what is not final is not exported.
        NotFoundError: There is no such run or export.
    """
    if kind not in KINDS:
        raise NotFoundError(f"there is no export {kind}; write one of: {', '.join(KINDS)}")
    record = load_run(session, run_id)
    require_state(record, "issued")
    run, sums = record.model_dump(), Sums()
    stem = f"{kind}-{record.period}-run-{run_id}"
    if kind in LEDGERS:
        files = ledger_files(iter_documents(session, run), LEDGERS[kind], terms.ledgers, stem, sums)
    else:
        files = ((f"{stem}.csv", chunk) for chunk in _chunks(session, run, kind, terms, sums))
    return Export(run_id, kind, terms.options(kind), stem, files, sums)


def export_run(session: Session, run_id: int, kind: str, *, accounts: tuple[str, str]) -> Iterator[bytes]:
    """One of ``EXPORTS`` of an issued run in chunks; session and errors as for ``start_export``."""
    terms = ExportTerms(accounts, terms_of(Settings()))
    return (chunk for _name, chunk in start_export(session, run_id, kind, terms).files)


def _chunks(session: Session, run: Row, kind: str, terms: ExportTerms, sums: Sums) -> Iterator[bytes]:
    makers: dict[str, tuple[tuple[str, ...], Callable[[], Iterator[dict[str, Any]]]]] = {
        "register": (REGISTER, lambda: register(session, dict(run), sums)),
        "lines": (LINES, lambda: lines(session, dict(run), sums)),
        "journal": (JOURNAL, lambda: journal(session, dict(run), sums, terms.accounts)),
    }
    columns, rows = makers[kind]
    return csv_chunks(columns, rows(), sums)
