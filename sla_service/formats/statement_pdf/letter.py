"""The top of page one: who writes, to whom, what it is, and the answer."""

from __future__ import annotations

from collections.abc import Sequence

from sla_service.formats.statement_pdf.draft import Draft
from sla_service.formats.statement_pdf.measures import (
    ANSWER,
    GRID_MM,
    LEFT_MM,
    NOTE,
    QUIET,
    RIGHT_MM,
    STRONG,
    TEXT,
    TOP_MM,
    WINDOW_MM,
    WINDOW_WIDTH_MM,
)
from sla_service.formats.statement_pdf.setting import wrap
from sla_service.formats.texts import correction_words

ADDRESS_LINES = 4
"""More would run into the date line below."""
NAME_LINES = 3
"""Of the recipient, in the window."""
RIGHT_COLUMN_MM = 118.0
ANSWER_TOP_MM = 60.0
ANSWER_LINES = 4
ACCENT_RULE_MM = 0.6
SENTENCE_MM = 150.0
"""Keeps the lines under 90 characters."""


def draw_letter(draft: Draft, answer: str, sentences: Sequence[str]) -> None:
    """Letterhead, recipient, title, number, date, the answer at 20 pt and the sentences below it."""
    _letterhead(draft)
    _recipient(draft)
    _title(draft)
    sheet = draft.sheet
    sheet.y = ANSWER_TOP_MM
    sheet.paragraph(answer, ANSWER, lines=ANSWER_LINES)
    sheet.y += GRID_MM / 2
    for sentence in sentences:
        sheet.paragraph(sentence, TEXT, width_mm=SENTENCE_MM)
    sheet.y += GRID_MM


def draw_continuation(draft: Draft) -> None:
    """The top of every further page."""
    sheet, texts = draft.sheet, draft.texts
    name = correction_words.title(draft.statement, draft.words)
    title = texts.say("statement.continued", title=name, number=draft.statement.number)
    y = TOP_MM + GRID_MM / 2
    sheet.write(LEFT_MM, y, title, NOTE, QUIET, width_mm=RIGHT_COLUMN_MM - LEFT_MM - GRID_MM)
    sheet.write(RIGHT_COLUMN_MM, y, draft.statement.recipient.name, NOTE, QUIET, width_mm=RIGHT_MM - RIGHT_COLUMN_MM)
    sheet.rule(y + GRID_MM / 2, colour=draft.accent)
    sheet.y = y + 2 * GRID_MM


def _letterhead(draft: Draft) -> None:
    sheet, issuer = draft.sheet, draft.statement.issuer
    sheet.stroke([(LEFT_MM, TOP_MM - GRID_MM), (RIGHT_MM, TOP_MM - GRID_MM)], ACCENT_RULE_MM, draft.accent)
    y = TOP_MM + GRID_MM / 2
    sheet.write(LEFT_MM, y, issuer.name, STRONG, width_mm=RIGHT_COLUMN_MM - LEFT_MM - GRID_MM)
    for i, line in enumerate([*issuer.address[:ADDRESS_LINES], issuer.contact_email]):
        line_y = y + i * NOTE.leading_mm
        sheet.write(RIGHT_COLUMN_MM, line_y, line, NOTE, QUIET, width_mm=RIGHT_MM - RIGHT_COLUMN_MM)


def _recipient(draft: Draft) -> None:
    sheet, recipient = draft.sheet, draft.statement.recipient
    sheet.written.append(recipient.name)
    y = WINDOW_MM
    for line in wrap(recipient.name, WINDOW_WIDTH_MM, STRONG, sheet.faces, lines=NAME_LINES):
        y += GRID_MM
        sheet.write(LEFT_MM, y, line, STRONG)
    sheet.write(LEFT_MM, y + GRID_MM, recipient.email, TEXT, width_mm=WINDOW_WIDTH_MM)


def _title(draft: Draft) -> None:
    sheet, texts, statement = draft.sheet, draft.texts, draft.statement
    lines = (
        (correction_words.title(statement, draft.words), STRONG),
        (texts.say("statement.number", number=statement.number), TEXT),
        (draft.conventions.iso_day(statement.issued_on), TEXT),
    )
    for i, (line, style) in enumerate(lines, start=1):
        y = WINDOW_MM + i * GRID_MM
        sheet.write(RIGHT_COLUMN_MM, y, line, style, width_mm=RIGHT_MM - RIGHT_COLUMN_MM)
