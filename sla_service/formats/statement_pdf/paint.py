"""From laid-out pages to the bytes of a PDF, the same for the same pages."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from io import BytesIO
from typing import Any

from reportlab.lib.colors import Color
from reportlab.pdfgen.canvas import Canvas

from sla_service.domain.instants import to_datetime
from sla_service.formats.statement_pdf.draft import Draft
from sla_service.formats.statement_pdf.faces import Faces
from sla_service.formats.statement_pdf.measures import (
    FOOT_MM,
    LEFT_MM,
    MM_PER_PT,
    NOTE,
    PAGE_HEIGHT_MM,
    PAGE_WIDTH_MM,
    QUIET,
    RIGHT_MM,
    TEXT,
    Colour,
)
from sla_service.formats.statement_pdf.setting import clean
from sla_service.formats.statement_pdf.sheet import Area, Dot, Drawing, Place, Stroke, Thing, Words


def to_pdf(draft: Draft) -> bytes:
    """Draw all pages, with "Page x of y" at their foot."""
    sheet = draft.sheet
    out = BytesIO()
    canvas = _canvas(draft, out)
    for number, things in enumerate(sheet.pages, start=1):
        _foot(draft, things, number)
        for thing in things:
            if not isinstance(thing, Words):
                _draw(canvas, thing)
        _write(canvas, [thing for thing in things if isinstance(thing, Words)], sheet.faces)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _canvas(draft: Draft, out: BytesIO) -> Canvas:
    """A canvas whose dates are the issue instant: ``invariant`` alone would stamp the year 2000."""
    canvas = Canvas(
        out,
        pagesize=(PAGE_WIDTH_MM / MM_PER_PT, PAGE_HEIGHT_MM / MM_PER_PT),
        pageCompression=1,
        invariant=1,
        initialFontName=draft.sheet.faces.font(TEXT.weight).fontName,
        initialFontSize=TEXT.size_pt,
        lang=draft.texts.language,
    )
    statement = draft.statement
    issued = to_datetime(statement.issued_at_ms).strftime("D:%Y%m%d%H%M%SZ")
    canvas.setDateFormatter(lambda *_: issued)
    canvas.setTitle(f"{draft.texts.say('statement.title')} {clean(statement.number)}")
    canvas.setAuthor(clean(statement.issuer.name))
    subject = draft.texts.say("statement.subject", number=clean(statement.number), month=draft.span)
    canvas.setSubject(subject)
    canvas.setCreator(clean(statement.issuer.name))
    return canvas


def _foot(draft: Draft, things: list[Thing], number: int) -> None:
    text = draft.texts.say("statement.page", page=number, pages=len(draft.sheet.pages))
    width = draft.sheet.faces.width_mm(text, NOTE)
    things.append(Words((RIGHT_MM - width, FOOT_MM), text, NOTE, QUIET))
    things.append(Words((LEFT_MM, FOOT_MM), clean(draft.statement.number), NOTE, QUIET))


def _draw(canvas: Canvas, thing: Drawing) -> None:
    match thing:
        case Stroke():
            _stroke(canvas, thing)
        case Area():
            canvas.setFillColor(_colour(thing.colour))
            canvas.drawPath(_path(canvas, thing.points, closed=True), stroke=0, fill=1)
        case Dot():
            canvas.setFillColor(_colour(thing.colour))
            canvas.circle(*_at(thing.at), thing.radius_mm / MM_PER_PT, stroke=0, fill=1)


def _write(canvas: Canvas, lines: Sequence[Words], faces: Faces) -> None:
    """All texts of a page, over the drawings, as one object: font and colour are named only where they change."""
    pen = canvas.beginText()
    held_font, held_colour = None, None
    for words in lines:
        if words.colour != held_colour:
            held_colour = words.colour
            pen.setFillColor(_colour(held_colour))
        x, y = words.at
        for font, part, width_mm in faces.pieces(words.text, words.style):
            if (font, words.style.size_pt) != held_font:
                held_font = (font, words.style.size_pt)
                pen.setFont(*held_font)
            pen.setTextOrigin(*_at((x, y)))
            pen.textOut(part)
            x += width_mm
    canvas.drawText(pen)


def _stroke(canvas: Canvas, stroke: Stroke) -> None:
    canvas.setStrokeColor(_colour(stroke.colour))
    canvas.setLineWidth(stroke.width_mm / MM_PER_PT)
    canvas.drawPath(_path(canvas, stroke.points, closed=False), stroke=1, fill=0)


def _path(canvas: Canvas, points: tuple[Place, ...], *, closed: bool) -> Any:  # noqa: ANN401 - reportlab has no types
    path = canvas.beginPath()
    path.moveTo(*_at(points[0]))
    for point in points[1:]:
        path.lineTo(*_at(point))
    if closed:
        path.close()
    return path


def _at(place: Place) -> tuple[float, float]:
    """The place in points, counted from the lower left corner as reportlab does."""
    return place[0] / MM_PER_PT, (PAGE_HEIGHT_MM - place[1]) / MM_PER_PT


@lru_cache(maxsize=64)
def _colour(colour: Colour) -> Color:
    return Color(colour.red, colour.green, colour.blue)
