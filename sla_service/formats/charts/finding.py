"""The title of the recovery curve: what it shows, as a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from sla_service.domain.instants import MINUTE_MS
from sla_service.domain.periods import days
from sla_service.domain.statements import ImpactStep
from sla_service.domain.windows import Window
from sla_service.formats.charts.levels import Level, interruptions, levels, told_interruptions
from sla_service.formats.texts import Texts
from sla_service.formats.texts.conventions import Conventions

HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class _Story:
    """One unbroken interruption."""

    levels: tuple[Level, ...]

    @property
    def start_ms(self) -> int:
        return self.levels[0].start_ms

    @property
    def end_ms(self) -> int:
        return self.levels[-1].end_ms

    @property
    def worst(self) -> Fraction:
        return min(corner.available for level in self.levels for corner in level.corners)

    @property
    def is_recovery(self) -> bool:
        """Whether it only ever got better."""
        shares = [corner.available for level in self.levels for corner in level.corners]
        return all(one <= two for one, two in pairwise(shares))


def finding(
    period: Window,
    steps: Sequence[ImpactStep],
    texts: Texts,
    conventions: Conventions,
    uncounted: Sequence[Window] = (),
) -> str:
    """Say what the curve shows.

    Args:
        period: The month, on the policy's clock.
        steps: Disjoint, in order, share above 0.
        texts: Sentences of the reader's language.
        conventions: The reader's zone and way of writing the time.
        uncounted: Windows that do not count; they are left out, unless they lie inside an interruption that counts or
            there is nothing else to tell of.

    Returns:
        ``Down from 02:00, half back at 05:40, whole at 11:30``; how many interruptions on how many days if there were
        several; that there was none, if none.
    """
    groups = told_interruptions(steps, uncounted) or interruptions(steps)
    stories = [_Story(levels(group)) for group in groups]
    if not stories:
        return texts.say("chart.none")
    if len(stories) > 1:
        return _several(period, stories, texts, conventions)
    return _one(period, stories[0], texts, conventions)


def _one(period: Window, story: _Story, texts: Texts, conventions: Conventions) -> str:
    times = _Times(story.start_ms, story.end_ms, conventions)
    start, end = times.text(story.start_ms), times.text(story.end_ms)
    if len(story.levels) == 1 and story.levels[0].is_held:
        return _single(story, start, end, texts, conventions)
    last = "whole" if story.end_ms < period.end_ms else "open"
    parts = [_beginning(story, start, texts, conventions), *_halfway(story, times, texts, conventions)]
    return texts.say("chart.joined", parts=texts.say("chart.comma").join([*parts, texts.say(f"chart.{last}", at=end)]))


def _single(story: _Story, start: str, end: str, texts: Texts, conventions: Conventions) -> str:
    """One share from start to end."""
    if story.worst == 0:
        return texts.say("chart.single.all", start=start, end=end)
    if story.worst == HALF:
        return texts.say("chart.single.half", start=start, end=end)
    return texts.say("chart.single.part", share=conventions.share(1 - story.worst), start=start, end=end)


def _beginning(story: _Story, start: str, texts: Texts, conventions: Conventions) -> str:
    if story.levels[0].first == 0:
        return texts.say("chart.down", at=start)
    if story.is_recovery:
        return texts.say("chart.reduced", share=conventions.share(story.levels[0].first), at=start)
    return texts.say("chart.worst", share=conventions.share(story.worst), at=start)


def _halfway(story: _Story, times: _Times, texts: Texts, conventions: Conventions) -> list[str]:
    """When at least half was back for good; nothing if it never was less, or only the end brought it."""
    if not story.is_recovery or story.levels[0].first >= HALF:
        return []
    for level in story.levels:
        if level.first >= HALF:
            at = times.text(level.start_ms)
            if level.first == HALF:
                return [texts.say("chart.half", at=at)]
            return [texts.say("chart.back", share=conventions.share(level.first), at=at)]
        if level.last >= HALF:
            return [texts.say("chart.half", at=times.text(_crossing(level)))]
    return []


def _crossing(level: Level) -> int:
    """The full minute in which a slope passes the half."""
    one, two = next((a, b) for a, b in pairwise(level.corners) if a.available <= HALF <= b.available)
    if one.available == two.available:
        return int(one.at_ms)
    at_ms = one.at_ms + (two.at_ms - one.at_ms) * (HALF - one.available) / (two.available - one.available)
    return int(at_ms) // MINUTE_MS * MINUTE_MS


def _several(period: Window, stories: list[_Story], texts: Texts, conventions: Conventions) -> str:
    touched = [part for _, part in days(period, conventions.zone) if _touches(part, stories)]
    interruptions_said = texts.count("chart.interruptions", len(stories), number=conventions.integer(len(stories)))
    if len(touched) == 1:
        start, end = stories[0].start_ms, stories[-1].end_ms
        times = _Times(start, end, conventions)
        return texts.say(
            "chart.one_day", interruptions=interruptions_said, start=times.text(start), end=times.text(end)
        )
    worst = max(stories, key=_loss)
    return texts.say(
        "chart.several",
        interruptions=interruptions_said,
        days=texts.count("chart.days", len(touched), number=conventions.integer(len(touched))),
        worst=conventions.short_moment(worst.start_ms),
        until=_Times(worst.start_ms, worst.end_ms, conventions).end_text(),
    )


def _loss(story: _Story) -> Fraction:
    """Share × milliseconds lost: the area between the curve and the top."""
    pairs = (pair for level in story.levels for pair in pairwise(level.corners))
    return sum(((2 - a.available - b.available) / 2 * (b.at_ms - a.at_ms) for a, b in pairs), Fraction(0))


def _touches(part: Window, stories: Sequence[_Story]) -> bool:
    return any(story.start_ms < part.end_ms and part.start_ms < story.end_ms for story in stories)


@dataclass(frozen=True, slots=True)
class _Times:
    """Clock times alone if start and end lie on one local day, else with the day."""

    start_ms: int
    end_ms: int
    conventions: Conventions

    @property
    def on_one_day(self) -> bool:
        local = self.conventions.local
        return local(self.start_ms).date() == local(self.end_ms - 1).date()

    def text(self, ms: int) -> str:
        return self.conventions.clock(ms) if self.on_one_day else self.conventions.short_moment(ms)

    def end_text(self) -> str:
        return self.text(self.end_ms)
