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
from sla_service.formats.texts import credit_words, measure_words

COLUMN_MM = WIDTH_MM / 3
HEIGHT_MM = 3.5 * GRID_MM


def draw_figures(draft: Draft, credit: StatedCredit) -> None:
    """Small labels above, large figures below; a breach is red and says so in words."""
    texts, words = draft.texts, draft.words
    is_kept = credit_words.is_kept(credit)
    label, measured, promised = _measured(draft, credit)
    figures = (
        (label, measured, _verdict(draft, credit, is_kept=is_kept)),
        (promised, credit_words.target(credit, words) or texts.say("statement.figures.nothing"), ""),
        (texts.say("statement.figures.credit"), measure_words.credited(credit, words), ""),
    )
    draft.sheet.need(HEIGHT_MM)
    for i, (name, figure, remark) in enumerate(figures):
        _figure(draft, LEFT_MM + i * COLUMN_MM, (name, figure, remark), is_breach=bool(remark) and not is_kept)
    draft.sheet.y += HEIGHT_MM


def _measured(draft: Draft, credit: StatedCredit) -> tuple[str, str, str]:
    """Label and value of what was measured, and the label of what was promised for it."""
    say, metric = draft.texts.say, credit.measured.metric
    if metric is not None:
        label, promised = say("statement.figures.metric", name=metric.name), say("statement.figures.metric_promised")
        unknown = say("statement.figures.met" if credit_words.is_kept(credit) else "statement.figures.unknown")
        return label, credit_words.edge(metric.value, credit, draft.words) if metric.value else unknown, promised
    key = "requests" if credit.measured.indicator in credit_words.REQUESTS else credit.measured.subject
    label = say(f"statement.figures.{key}" if key in {"requests", "unit"} else "statement.figures.measured")
    promised = say("statement.figures.metric_promised" if key == "requests" else "statement.figures.promised")
    return label, credit_words.availability(credit, draft.words), promised


def _verdict(draft: Draft, credit: StatedCredit, *, is_kept: bool) -> str:
    """In words, beside the red; nothing where nothing is promised, or the figure already says it."""
    metric = credit.measured.metric
    if not credit.target or (metric and not metric.value) or (credit.measured.gate == "none" and credit.is_paid):
        return ""
    if is_kept:
        return draft.texts.say("statement.figures.met")
    return draft.texts.say("statement.figures.missed" if metric else "statement.figures.below")


def _figure(draft: Draft, x: float, said: tuple[str, str, str], *, is_breach: bool) -> None:
    label, figure, remark = said
    sheet, colour = draft.sheet, BAD if is_breach else INK
    label_y, figure_y = sheet.y + GRID_MM * 0.5, sheet.y + GRID_MM * 2.5
    end = x + sheet.write(x, label_y, label, NOTE, QUIET)
    if remark:
        sheet.write(end + GRID_MM / 2, label_y, remark, NOTE_STRONG, colour)
    fits = sheet.faces.width_mm(figure, FIGURE) <= COLUMN_MM - GRID_MM / 2
    sheet.write(x, figure_y, figure, FIGURE if fits else STRONG, colour)
