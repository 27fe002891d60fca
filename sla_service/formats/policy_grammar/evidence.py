"""The evidence of a worked case: impact, timeline, exclusions and usage."""

from __future__ import annotations

from typing import Any

from sla_service.domain.exclusions import Exclusion, ExclusionKind
from sla_service.domain.incidents import TimelinePoint
from sla_service.domain.instants import LATEST_MS
from sla_service.domain.policies.examples import ExampleImpact, ExampleUsage
from sla_service.domain.windows import Window
from sla_service.formats.policy_grammar import words
from sla_service.formats.policy_grammar.members import Field, Inline
from sla_service.formats.policy_grammar.records import Check, Record
from sla_service.formats.policy_grammar.repeats import (
    MAX_ROWS,
    Cut,
    Repeated,
    cut,
    joined_impact,
    joined_usage,
    repeated,
)
from sla_service.formats.policy_grammar.shapes import Converted, ListOf, Shape
from sla_service.formats.yaml_reader import Fields

WINDOW: Record[Window] = Record(
    Window,
    (
        Field("from", words.INSTANT, "Start, with its offset", "start_ms"),
        Field("to", words.INSTANT, "End, with its offset; not part of it", "end_ms"),
    ),
)
_UNIT = Field("unit", words.TEXT, "The unit that was hit; the whole contract where it is left out")


def _check_times(fields: Fields, times: int, every_ms: int) -> None:
    if (times > 1) != (every_ms > 0):
        fields.refuse("field_needs", "`times` and `every` need each other")


def _check_last(fields: Fields, first: ExampleImpact, times: int, every_ms: int) -> None:
    ats_ms = (first.window.end_ms, first.confirmed_at_ms or 0, first.ticket_at_ms or 0, first.reported_at_ms or 0)
    if max(ats_ms) + (times - 1) * every_ms >= LATEST_MS:
        fields.refuse("instant_range", "the last one would be after the year 2099")


_REPEATED: Record[Repeated] = Record(
    Repeated,
    (
        Inline(
            "first",
            Record(
                ExampleImpact,
                (
                    Inline("window", WINDOW),
                    Field("share", words.SHARE_PPM, "Share of impact, 100% where it is left out", "share_ppm"),
                    _UNIT,
                    Field("confirmed_at", words.INSTANT, "When the provider confirmed it", "confirmed_at_ms"),
                    Field("ticket_at", words.INSTANT, "When a ticket was opened for it", "ticket_at_ms"),
                    Field("reported_at", words.INSTANT, "When the customer reported it", "reported_at_ms"),
                ),
            ),
        ),
        Field("times", words.whole(2, MAX_ROWS), "So many times in all"),
        Field("every", words.DURATION, "From the start of one to that of the next", "every_ms"),
    ),
    (Check(("times", "every_ms"), _check_times), Check(("first", "times", "every_ms"), _check_last)),
)

IMPACT: Shape[tuple[ExampleImpact, ...]] = Converted(
    ListOf(_REPEATED),
    lambda rows: tuple(one for row in rows for one in repeated(row.first, row.times, row.every_ms)),
    joined_impact,
)

TIMELINE: Shape[tuple[TimelinePoint, ...]] = ListOf(
    Record(
        TimelinePoint,
        (
            Field("at", words.INSTANT, "From when on", "at_ms"),
            Field("available", words.SHARE_PPM, "The share that was available", "available_ppm"),
        ),
    )
)


def _exclusion(window: Window, **values: Any) -> Exclusion:  # noqa: ANN401 - as the fields say
    # Its number and service are those of the example and policy that hold it, which fill them in.
    return Exclusion(exclusion_id="", service="", reason="", window=window, **values)


EXCLUDED: Shape[tuple[Exclusion, ...]] = ListOf(
    Record(
        Exclusion,
        (
            Field("kind", words.enumeration(ExclusionKind), "What happened"),
            Inline("window", WINDOW),
            Field("announced", words.INSTANT, "When it was announced", "announced_at_ms"),
            Field("upstream", words.TEXT, "The upstream provider at fault"),
            Field("confirmed_at", words.INSTANT, "When the upstream provider confirmed it", "confirmed_at_ms"),
            Field("unit", words.TEXT, "The only unit for which it may be left out; all of them where it is left out"),
        ),
        make=_exclusion,
    )
)


def _check_cut(fields: Fields, whole: ExampleUsage, every_ms: int) -> None:
    rows, rest = divmod(whole.window.duration_ms, every_ms or whole.window.duration_ms)
    if rest:
        fields.refuse("every_uneven", "`from` to `to` is not a whole number of `every`", "every")
    elif rows > MAX_ROWS:
        fields.refuse("too_many", f"this would be more than {MAX_ROWS:,} rows; write a longer `every`", "every")


def _check_requests(fields: Fields, requests: int | None, failed: int | None, tolerated: int | None) -> None:
    if (failed or 0) + (tolerated or 0) > (requests or 0):
        fields.refuse("range", "there are more failed and tolerated requests than `requests`")


def _check_users(fields: Fields, users: int | None, users_affected: int | None) -> None:
    if (users_affected or 0) > (users or 0):
        fields.refuse("range", "there are more `users_affected` than `users`")


_CUT: Record[Cut] = Record(
    Cut,
    (
        Inline(
            "whole",
            Record(
                ExampleUsage,
                (
                    Inline("window", WINDOW),
                    Field("requests", words.COUNT, "Requests"),
                    Field("failed", words.COUNT, "Requests that failed"),
                    Field("tolerated", words.COUNT, "Requests that were slow, but tolerated"),
                    Field("users", words.COUNT, "Users"),
                    Field("users_affected", words.COUNT, "Users who were affected"),
                    Field("value", words.SIGNED_NUMBER, "What was measured, such as a latency"),
                    _UNIT,
                ),
                (
                    Check(("requests", "failed", "tolerated"), _check_requests),
                    Check(("users", "users_affected"), _check_users),
                ),
            ),
        ),
        Field("every", words.DURATION, "Cut into slots of this length, each with these numbers", "every_ms"),
    ),
    (Check(("whole", "every_ms"), _check_cut),),
)

USAGE: Shape[tuple[ExampleUsage, ...]] = Converted(
    ListOf(_CUT),
    lambda rows: tuple(one for row in rows for one in cut(row.whole, row.every_ms)),
    joined_usage,
)
