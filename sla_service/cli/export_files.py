"""Exports as files: written aside, checked against the recorded digest, and only then given their names."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from sla_service.cli.context import Context
from sla_service.usecases.export_run import export_terms, start_export
from sla_service.usecases.record_export import MadeExport, record_export


@dataclass(frozen=True, slots=True)
class Written:
    """An export on disk."""

    made: MadeExport
    files: tuple[Path, ...]
    """Where they are until they are moved."""
    is_first: bool
    """Whether its digest was recorded just now."""

    @property
    def names(self) -> list[str]:
        """What the files are called."""
        return [path.name for path in self.files]


@contextmanager
def staged(context: Context, run_id: int, kind: str, folder: Path | None) -> Iterator[Written]:
    """Write an export aside, on the disk of its folder, and record or compare its digest.

    Whatever is not moved away is removed at the end: a full disk or a refusal leaves no half of a file behind.

    Args:
        context: Of the command.
        run_id: An issued run.
        kind: The kind.
        folder: Where its files will go; a temporary place if None.

    Raises:
        ConflictError: The run is not issued, or other bytes were recorded.
    """
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".export-", dir=folder))
    try:
        with context.reading() as session:
            export = start_export(session, run_id, kind, export_terms(context.settings))
            files, sha256, size = _write(aside, export.files)
        made = MadeExport(run_id, kind, export.options, sha256, size, export.sums.rows)
        with context.writing() as session:
            is_first = record_export(session, made, now_ms=context.clock(), actor=context.actor)
        yield Written(made, files, is_first)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _write(folder: Path, chunks: Iterable[tuple[str, bytes]]) -> tuple[tuple[Path, ...], str, int]:
    """Write files, each flushed to the disk; their paths, the last one's digest, and the bytes of all."""
    files: list[Path] = []
    size, digest = 0, hashlib.sha256()
    for name, group in groupby(chunks, key=itemgetter(0)):
        files.append(folder / name)
        digest = hashlib.sha256()
        with files[-1].open("wb") as file:
            for _name, chunk in group:
                file.write(chunk)
                digest.update(chunk)
                size += len(chunk)
            file.flush()
            os.fsync(file.fileno())
    return tuple(files), digest.hexdigest(), size


def move_into(folder: Path, files: Sequence[Path]) -> None:
    """Give files their names; the last one, which tells the digests of the others, comes last."""
    if len(files) > 1:
        (folder / files[-1].name).unlink(missing_ok=True)
    for path in files:
        path.replace(folder / path.name)
