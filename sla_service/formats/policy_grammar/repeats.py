"""Evidence of an example that comes again: written once, read as many times as it is meant, and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from sla_service.domain.policies.examples import ExampleImpact, ExampleUsage
from sla_service.domain.windows import Window
from sla_service.formats.policy_grammar.times import can_write_ms

T = TypeVar("T")

MAX_ROWS = 100_000
"""Rows of evidence in one example; a year of slots of five minutes has as many."""
_WORTH_IT = 3
"""Rows from which on a repetition is shorter than its rows."""


@dataclass(frozen=True)
class Repeated:
    """A window of impact and its copies, each so much later than the one before."""

    first: ExampleImpact
    times: int = 1
    every_ms: int = 0


@dataclass(frozen=True)
class Cut:
    """Usage that is the same in every slot of a stretch of time; one slot where there is no length."""

    whole: ExampleUsage
    every_ms: int = 0


def repeated(first: ExampleImpact, times: int, every_ms: int) -> tuple[ExampleImpact, ...]:
    """The window and its copies."""
    return tuple(_later(first, count * every_ms) for count in range(times))


def cut(whole: ExampleUsage, every_ms: int) -> tuple[ExampleUsage, ...]:
    """A row for each slot."""
    starts = range(whole.window.start_ms, whole.window.end_ms, every_ms or whole.window.duration_ms)
    length_ms = starts.step
    return tuple(replace(whole, window=Window(start_ms, start_ms + length_ms)) for start_ms in starts)


def joined_impact(impact: tuple[ExampleImpact, ...]) -> tuple[Repeated, ...]:
    """The windows, with those that repeat one written as repetitions."""
    found: list[Repeated] = []
    at = 0
    while at < len(impact):
        first = impact[at]
        every_ms = impact[at + 1].window.start_ms - first.window.start_ms if at + 1 < len(impact) else 0
        count = _run(impact, at, partial(_later, by_ms=every_ms)) if can_write_ms(every_ms) else 1
        found.append(Repeated(first, count, every_ms) if count >= _WORTH_IT else Repeated(first))
        at += count if count >= _WORTH_IT else 1
    return tuple(found)


def joined_usage(usage: tuple[ExampleUsage, ...]) -> tuple[Cut, ...]:
    """The rows, with neighbours that are alike written as one."""
    found: list[Cut] = []
    at = 0
    while at < len(usage):
        first = usage[at]
        length_ms = first.window.duration_ms
        count = _run(usage, at, _next) if can_write_ms(length_ms) else 1
        count = count if count >= _WORTH_IT else 1
        window = Window(first.window.start_ms, usage[at + count - 1].window.end_ms)
        found.append(Cut(replace(first, window=window), length_ms) if count > 1 else Cut(first))
        at += count
    return tuple(found)


def _run(rows: Sequence[T], at: int, following: Callable[[T], T | None]) -> int:
    """How many rows from ``at`` on each follow from the one before."""
    end = at + 1
    while end < len(rows) and end - at < MAX_ROWS and rows[end] == following(rows[end - 1]):
        end += 1
    return end - at


def _next(row: ExampleUsage) -> ExampleUsage:
    window = row.window
    return replace(row, window=Window(window.end_ms, window.end_ms + window.duration_ms))


def _later(impact: ExampleImpact, by_ms: int) -> ExampleImpact:
    def moved(at_ms: int | None) -> int | None:
        return None if at_ms is None else at_ms + by_ms

    return replace(
        impact,
        window=Window(impact.window.start_ms + by_ms, impact.window.end_ms + by_ms),
        confirmed_at_ms=moved(impact.confirmed_at_ms),
        ticket_at_ms=moved(impact.ticket_at_ms),
        reported_at_ms=moved(impact.reported_at_ms),
    )
