"""The month as a strip of days, and the affected day opened below it: the same drawings as on the statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from sla_service.domain.incidents import turning_points
from sla_service.domain.statements import LineStatus, TimelineNote
from sla_service.domain.windows import Window
from sla_service.formats.charts import (
    MonthStrip,
    RecoveryCurve,
    character_share,
    finding,
    month_strip,
    month_strip_svg,
    recovery_curve,
    recovery_curve_svg,
)
from sla_service.formats.texts import Texts
from sla_service.formats.texts.conventions import Conventions
from sla_service.usecases.service_month import ServiceMonth

MAX_NOTES = 12
WIDE, NARROW = 680, 350
"""Widths that the drawings are made for: a desk's, and what a phone of 390 pixels leaves; a page shows one of them."""


@dataclass(frozen=True, slots=True)
class NoteView:
    """A turning point, told."""

    at: str
    text: str


@dataclass(frozen=True, slots=True)
class Drawings:
    """The month and the affected day, drawn for one width."""

    strip: Markup
    curve: Markup
    """Empty without any impact."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Both drawings, and what they show in words."""

    finding: str
    wide: Drawings
    narrow: Drawings
    caption: str
    notes: tuple[NoteView, ...]


def picture(texts: Texts, ways: Conventions, one: ServiceMonth) -> Picture:
    """Draw a service's month; its window must be known."""
    assert one.window is not None  # noqa: S101 - the caller's condition
    notes, uncounted = _notes(one), _uncounted(one)
    said = finding(one.window, one.steps, texts, ways, uncounted)
    strip = month_strip(one.window, one.steps, ways, uncounted, until_ms=one.as_of_ms)
    wide, narrow = (
        recovery_curve(one.window, one.steps, notes, ways, uncounted, character=character_share(width))
        for width in (WIDE, NARROW)
    )
    return Picture(
        finding=said,
        wide=_drawings(strip, wide, said, WIDE),
        narrow=_drawings(strip, narrow, said, NARROW),
        caption=_caption(texts, ways, one, wide) if wide else "",
        notes=tuple(NoteView(ways.short_moment(note.at_ms), note.text) for note in notes if note.text)[:MAX_NOTES],
    )


def _drawings(strip: MonthStrip, curve: RecoveryCurve | None, title: str, width: int) -> Drawings:
    """Drawings as parts of a page; whatever text they were given is escaped in them."""
    return Drawings(
        strip=Markup(month_strip_svg(strip, title, width)),  # noqa: S704
        curve=Markup(recovery_curve_svg(curve, title, width)) if curve else Markup(),  # noqa: S704
    )


def _notes(one: ServiceMonth) -> list[TimelineNote]:
    found = [
        TimelineNote(point.at_ms, point.available_ppm, point.text)
        for incident in one.incidents
        for point in ([p for p in incident.timeline if p.text] or turning_points(incident.timeline))
    ]
    return sorted(found, key=lambda note: note.at_ms)


def _uncounted(one: ServiceMonth) -> list[Window]:
    """Stretches that do not count, less what another line counts all the same."""
    refused = [_window(row) for row in one.lines if row["status"] != LineStatus.COUNTED]
    for row in one.lines:
        if row["status"] == LineStatus.COUNTED:
            refused = [part for window in refused for part in _without(window, _window(row))]
    return refused


def _window(row: Mapping[str, Any]) -> Window:
    return Window(row["started_at_ms"], row["ended_at_ms"])


def _without(window: Window, other: Window) -> list[Window]:
    before = (window.start_ms, min(window.end_ms, other.start_ms))
    after = (max(window.start_ms, other.end_ms), window.end_ms)
    return [Window(start, end) for start, end in (before, after) if start < end]


def _caption(texts: Texts, ways: Conventions, one: ServiceMonth, curve: RecoveryCurve) -> str:
    zone = ways.zone_in(curve.window)
    if curve.first_day == curve.last_day:
        said = texts.say("chart.day", day=ways.weekday(curve.first_day), service=one.service, zone=zone)
    else:
        first, last = ways.short_day(curve.first_day), ways.day(curve.last_day)
        said = texts.say("chart.day_range", first=first, last=last, service=one.service, zone=zone)
    if all(span.is_counted for span in curve.spans):
        return said
    return f"{said}; {texts.say('chart.not_counted')}"
