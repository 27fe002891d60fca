"""What happened, and which stretches of it counted."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from sla_service.domain.statements import ImpactLine, LineStatus, StatedCredit, TimelineNote
from sla_service.domain.windows import SHARE_FULL_PPM
from sla_service.formats.statement_pdf.draft import Draft
from sla_service.formats.statement_pdf.measures import GRID_MM, INK, LEFT_MM, NOTE, RIGHT_MM, STRONG, TEXT, WIDTH_MM
from sla_service.formats.statement_pdf.table import CELL_GAP_MM, Align, Column, Row, Table
from sla_service.formats.texts import credit_words

MOST_NOTES = 5
NOTE_LINES = 2
"""Of one note; a longer one ends in an ellipsis."""
SHARE_COLUMN_MM = 30.0
MINUTES_MM, SHARE_MM = 153.0, 171.0
"""Where the columns of minutes and of shares end."""
MINUTES_WIDTH_MM = 15.0


def told_notes(credit: StatedCredit) -> list[TimelineNote]:
    """All notes of the credit's incidents, in order of time, each once."""
    notes = {note: None for incident in credit.incidents for note in incident.notes}
    return sorted(notes, key=lambda note: note.at_ms)


def chosen(notes: Sequence[TimelineNote]) -> list[TimelineNote]:
    """At most five: those at which the share changed first, then the first and the last, then the earliest."""
    changes = {b for a, b in pairwise(notes) if a.available_ppm != b.available_ppm}
    ends = {*notes[:1], *notes[-1:]}
    best = sorted(notes, key=lambda note: (note not in ends, note not in changes, not note.text, note.at_ms))
    return sorted(best[:MOST_NOTES], key=lambda note: note.at_ms)


def draw_happened(draft: Draft, credit: StatedCredit, notes: Sequence[TimelineNote]) -> None:
    """The course of events in at most five lines; nothing where none was recorded."""
    lines = chosen(notes)
    if not lines:
        return
    sheet, ways = draft.sheet, draft.conventions
    sheet.need(GRID_MM * 3)
    heading(draft, draft.texts.say("statement.happened.title"), _titles(draft, credit))
    is_one_day = len({ways.local(note.at_ms).date() for note in lines}) == 1
    times = [ways.clock(note.at_ms) if is_one_day else ways.short_moment(note.at_ms) for note in lines]
    indent = max(sheet.faces.width_mm(time, STRONG) for time in times) + GRID_MM
    for time, note in zip(times, lines, strict=True):
        sheet.need(GRID_MM * NOTE_LINES)
        y = sheet.y + GRID_MM
        sheet.write(LEFT_MM, y, time, STRONG)
        sheet.write(LEFT_MM + indent, y, _share(draft, note), TEXT)
        x = LEFT_MM + indent + SHARE_COLUMN_MM
        sheet.paragraph(note.text, TEXT, x=x, width_mm=RIGHT_MM - x, lines=NOTE_LINES)
    sheet.y += GRID_MM


def heading(draft: Draft, title: str, rest: str = "") -> None:
    """A section's title, with more behind it in the plain weight."""
    sheet = draft.sheet
    sheet.y += GRID_MM
    x = LEFT_MM + sheet.write(LEFT_MM, sheet.y, title, STRONG)
    if rest:
        sheet.write(x + GRID_MM / 2, sheet.y, rest, TEXT, INK, width_mm=RIGHT_MM - x - GRID_MM / 2)


def draw_lines(draft: Draft, credit: StatedCredit) -> None:
    """The table of stretches that counted, those that did not with the reason, and the total."""
    sheet = draft.sheet
    rows = _rows(draft, credit)
    sheet.need(GRID_MM * min(len(rows) + 3, 6))
    heading(draft, draft.texts.say("statement.lines.title"))
    table = Table(sheet, _columns(draft, rows), draft.conventions.decimal, rows)
    table.head()
    table.body()
    if credit.unmeasured_ms:
        minutes = draft.conventions.minutes(Fraction(credit.unmeasured_ms))
        said = draft.texts.say("statement.lines.unmeasured", minutes=minutes, month=draft.month)
        sheet.paragraph(said, NOTE, width_mm=WIDTH_MM)
    sheet.y += GRID_MM


def _titles(draft: Draft, credit: StatedCredit) -> str:
    return draft.texts.say("statement.comma").join(dict.fromkeys(told.title for told in credit.incidents if told.title))


def _share(draft: Draft, note: TimelineNote) -> str:
    if note.available_ppm == SHARE_FULL_PPM:
        return draft.texts.say("statement.happened.whole")
    share = draft.conventions.share(Fraction(note.available_ppm, SHARE_FULL_PPM))
    return draft.texts.say("statement.happened.share", share=share)


def _columns(draft: Draft, rows: Sequence[Row]) -> list[Column]:
    """Columns as wide as the reader's way of writing times asks; titles get the rest."""
    say, faces = draft.texts.say, draft.sheet.faces
    time_mm = CELL_GAP_MM + max(faces.width_mm(cell, TEXT) for row in rows for cell in row.cells[1:3])
    end_mm = MINUTES_MM - MINUTES_WIDTH_MM - time_mm
    return [
        Column(say("statement.lines.incident"), LEFT_MM, end_mm - time_mm),
        Column(say("statement.lines.start"), end_mm - time_mm, end_mm),
        Column(say("statement.lines.end"), end_mm, end_mm + time_mm),
        Column(say("statement.lines.minutes"), end_mm + time_mm, MINUTES_MM, Align.DECIMAL),
        Column(say("statement.lines.share"), MINUTES_MM, SHARE_MM, Align.DECIMAL),
        Column(say("statement.lines.counted"), SHARE_MM, RIGHT_MM, Align.DECIMAL),
    ]


def _rows(draft: Draft, credit: StatedCredit) -> list[Row]:
    counted = [_row(draft, credit, line) for line in credit.lines if line.status is LineStatus.COUNTED]
    refused = [_row(draft, credit, line) for line in credit.lines if line.status is not LineStatus.COUNTED]
    total = draft.texts.say("statement.lines.total", month=draft.month)
    minutes = credit_words.minutes(credit.bad_ppm_ms, draft.words)
    rows = counted + refused
    if not rows:
        rows = [Row((draft.texts.say("statement.lines.none"), "", "", "", "", ""))]
    return [*rows, Row((total, "", "", "", "", minutes), is_strong=True)]


def _row(draft: Draft, credit: StatedCredit, line: ImpactLine) -> Row:
    ways, words = draft.conventions, draft.words
    is_counted = line.status is LineStatus.COUNTED
    why = "" if is_counted else credit_words.reason(line, credit, words)
    return Row(
        (
            line.title or line.incident_id,
            ways.short_moment(line.start_ms),
            ways.short_moment(line.end_ms),
            ways.minutes(Fraction(line.duration_ms)),
            credit_words.mean_share(line, words),
            credit_words.minutes(line.counted_ppm_ms, words),
        ),
        note="" if is_counted else draft.texts.say("statement.lines.excluded", reason=why),
    )
