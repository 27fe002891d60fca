"""The three figures in a row: measured, promised, credited."""

from __future__ import annotations

from sla_service.domain.statements import StatedCredit
from sla_service.formats.statement_pdf.draft import Draft
from sla_service.formats.statement_pdf.measures import (
    BAD,
    FIGURE,
    GRID_MM,
    INK,
    LEFT_MM,
    NOTE,
    NOTE_STRONG,
    QUIET,
    STRONG,
    WIDTH_MM,
)
from sla_service.formats.texts import credit_words

COLUMN_MM = WIDTH_MM / 3
HEIGHT_MM = 3.5 * GRID_MM


def draw_figures(draft: Draft, credit: StatedCredit) -> None:
    """Small labels above, large figures below; a breach is red and says so in words."""
    texts, words = draft.texts, draft.words
    is_kept = credit_words.is_kept(credit)
    verdict = texts.say("statement.figures.met" if is_kept else "statement.figures.below")
    figures = (
        (texts.say("statement.figures.measured"), credit_words.availability(credit, words), verdict),
        (texts.say("statement.figures.promised"), credit_words.term(credit.target, words), ""),
        (texts.say("statement.figures.credit"), draft.conventions.money(credit.amount), ""),
    )
    draft.sheet.need(HEIGHT_MM)
    for i, (label, figure, remark) in enumerate(figures):
        _figure(draft, LEFT_MM + i * COLUMN_MM, (label, figure, remark), is_breach=bool(remark) and not is_kept)
    draft.sheet.y += HEIGHT_MM


def _figure(draft: Draft, x: float, said: tuple[str, str, str], *, is_breach: bool) -> None:
    label, figure, remark = said
    sheet, colour = draft.sheet, BAD if is_breach else INK
    label_y, figure_y = sheet.y + GRID_MM * 0.5, sheet.y + GRID_MM * 2.5
    end = x + sheet.write(x, label_y, label, NOTE, QUIET)
    if remark:
        sheet.write(end + GRID_MM / 2, label_y, remark, NOTE_STRONG, colour)
    fits = sheet.faces.width_mm(figure, FIGURE) <= COLUMN_MM - GRID_MM / 2
    sheet.write(x, figure_y, figure, FIGURE if fits else STRONG, colour)
