"""What happened, and which stretches of it counted."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from sla_service.domain.statements import ImpactLine, LineStatus, StatedCredit, TimelineNote
from sla_service.domain.windows import SHARE_FULL_PPM
from sla_service.formats.statement_pdf.draft import Draft
from sla_service.formats.statement_pdf.measures import (
    GRID_MM,
    INK,
    LEFT_MM,
    NOTE,
    QUIET,
    RIGHT_MM,
    STRONG,
    TEXT,
    WIDTH_MM,
)
from sla_service.formats.statement_pdf.table import CELL_GAP_MM, RULE_BELOW_MM, Align, Column, Row, Table
from sla_service.formats.texts import credit_words, measure_words

MOST_NOTES = 5
NOTE_LINES = 2
"""Of one note; a longer one ends in an ellipsis."""
NOTE_GAP_MM = 2.5
"""Beside a note's words."""
HEAD_MM = 20.0
"""Kept free for the head of the shares."""
MINUTES_MM, SHARE_MM = 153.0, 171.0
"""Where the columns of minutes and of shares end."""
MINUTES_WIDTH_MM = 15.0
NOTE_BELOW_MM = 1.0
"""Between the total and what is said of its rounding."""
SLACK_MM = 0.5
"""A cell exactly as wide as its column must not be cut for the last digit of a float."""


def told_notes(credit: StatedCredit) -> list[TimelineNote]:
    """All notes of the credit's incidents, in order of time, each once."""
    notes = {note: None for incident in credit.incidents for note in incident.notes}
    return sorted(notes, key=lambda note: note.at_ms)


def chosen(credit: StatedCredit) -> list[TimelineNote]:
    """At most five: where the share changed, the first and the last change and the largest; then others, to fill up."""
    notes = told_notes(credit)
    changes = _changes(credit)
    turns = sorted(changes, key=lambda note: note.at_ms)
    edges, ends = {*turns[:1], *turns[-1:]}, {*notes[:1], *notes[-1:]}
    best = sorted(
        notes,
        key=lambda note: (note not in edges, -changes.get(note, 0), note not in ends, not note.text, note.at_ms),
    )
    return sorted(best[:MOST_NOTES], key=lambda note: note.at_ms)


def _changes(credit: StatedCredit) -> dict[TimelineNote, int]:
    """Notes at which an incident's share changed, and by how much."""
    found: dict[TimelineNote, int] = {}
    for incident in credit.incidents:
        before = SHARE_FULL_PPM
        for note in sorted(incident.notes, key=lambda note: note.at_ms):
            if note.available_ppm != before:
                found[note] = max(found.get(note, 0), abs(note.available_ppm - before))
            before = note.available_ppm
    return found


def draw_happened(draft: Draft, credit: StatedCredit) -> None:
    """The course of events in at most five lines: time, words, share; nothing where none was recorded."""
    lines = chosen(credit)
    if not lines:
        return
    sheet, ways = draft.sheet, draft.conventions
    sheet.need(GRID_MM * 3)
    heading(draft, draft.texts.say("statement.happened.title"), _titles(draft, credit, lines), HEAD_MM)
    sheet.write_right(RIGHT_MM, sheet.y, draft.texts.say("statement.happened.share"), NOTE, QUIET)
    sheet.rule(sheet.y + RULE_BELOW_MM)
    sheet.y += RULE_BELOW_MM
    is_one_day = len({ways.local(note.at_ms).date() for note in lines}) == 1
    times = [ways.clock(note.at_ms) if is_one_day else ways.short_moment(note.at_ms) for note in lines]
    shares = [ways.share(Fraction(note.available_ppm, SHARE_FULL_PPM)) for note in lines]
    x = LEFT_MM + max(sheet.faces.width_mm(time, STRONG) for time in times) + NOTE_GAP_MM
    width_mm = RIGHT_MM - max(sheet.faces.width_mm(share, TEXT) for share in shares) - NOTE_GAP_MM - x
    for time, share, note in zip(times, shares, lines, strict=True):
        sheet.need(GRID_MM * NOTE_LINES)
        y = sheet.y + GRID_MM
        sheet.write(LEFT_MM, y, time, STRONG)
        sheet.write_right(RIGHT_MM, y, share, TEXT)
        sheet.paragraph(note.text, TEXT, x=x, width_mm=width_mm, lines=NOTE_LINES)
    sheet.y += sheet.rhythm.gap_mm


def heading(draft: Draft, title: str, rest: str = "", head_mm: float = 0.0) -> None:
    """A section's title, with more behind it in the plain weight, up to ``head_mm`` from the margin."""
    sheet = draft.sheet
    sheet.y += GRID_MM
    x = LEFT_MM + sheet.write(LEFT_MM, sheet.y, title, STRONG) + GRID_MM / 2
    if rest:
        sheet.write(x, sheet.y, rest, TEXT, INK, width_mm=RIGHT_MM - head_mm - x)


def draw_lines(draft: Draft, credit: StatedCredit) -> None:
    """The table of stretches that counted, those that did not with the reason, and the total."""
    sheet = draft.sheet
    if not (credit.lines or _is_timed(credit)):
        return
    rows = _rows(draft, credit)
    sheet.need(GRID_MM * min(len(rows) + 3, 6))
    heading(draft, draft.texts.say("statement.lines.title"))
    table = Table(sheet, _columns(draft, rows), draft.conventions.decimal, rows)
    table.head()
    table.body()
    if credit.unmeasured_ms:
        minutes = draft.conventions.minutes(Fraction(credit.unmeasured_ms))
        span = measure_words.credit_span(credit, draft.words)
        said = draft.texts.say("statement.lines.unmeasured", minutes=minutes, month=span)
        sheet.paragraph(said, NOTE, width_mm=WIDTH_MM)
    roundings = measure_words.roundings(credit, draft.words)
    sheet.y += NOTE_BELOW_MM if roundings else 0
    for said in roundings:
        sheet.paragraph(said, NOTE, width_mm=WIDTH_MM)
    sheet.y += sheet.rhythm.gap_mm


def _is_timed(credit: StatedCredit) -> bool:
    """Whether what counts is time, so that the lines have a total."""
    return not credit.measured.metric and credit.measured.indicator not in credit_words.REQUESTS


def _titles(draft: Draft, credit: StatedCredit, lines: Sequence[TimelineNote]) -> str:
    """Of the incidents that the lines tell of."""
    told = [incident.title for incident in credit.incidents if not set(lines).isdisjoint(incident.notes)]
    return draft.texts.say("statement.comma").join(dict.fromkeys(filter(None, told)))


def _columns(draft: Draft, rows: Sequence[Row]) -> list[Column]:
    """Columns as wide as the reader's way of writing times asks; titles get the rest."""
    say, faces = draft.texts.say, draft.sheet.faces
    time_mm = CELL_GAP_MM + SLACK_MM + max(faces.width_mm(cell, TEXT) for row in rows for cell in row.cells[1:3])
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
    total = measure_words.counted_in(credit, draft.words)
    minutes = draft.conventions.minutes(credit.measurement.bad_ms)
    rows = counted + refused
    if not _is_timed(credit):
        return rows
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
