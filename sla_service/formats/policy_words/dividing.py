"""Stage 6, its second half: what downtime is divided by, and what a part of a period is."""

from __future__ import annotations

from collections.abc import Iterator

from sla_service.domain.policies.cycles import PartPeriod
from sla_service.domain.policies.indicators import Events, Idle, Metric, ScoredEvents, SlotMean
from sla_service.formats.policy_words.voice import Voice


def divided(voice: Voice) -> Iterator[str]:
    """By what, and what happens where a contract begins or ends within the period."""
    yield from _by(voice)
    yield from _part(voice)


def _by(voice: Voice) -> Iterator[str]:
    length_ms = voice.policy.denominator_ms
    fixed = None if length_ms is None else voice.time(length_ms)
    match voice.policy.indicator:
        case SlotMean(idle=Idle.GOOD):
            yield voice.say("period.slots_fixed", length=fixed) if fixed else voice.say("period.slots")
            return
        case SlotMean():
            yield voice.say("period.busy_slots")
        case Events() | ScoredEvents():
            yield voice.say("period.requests")
        case Metric():
            yield voice.say("period.metric")
        case _:
            yield from _by_time(voice, fixed)
            return
    if fixed:
        yield voice.idle(f"denominator: {fixed}")


def _by_time(voice: Voice, fixed: str | None) -> Iterator[str]:
    if voice.parts:
        # What is judged one by one is judged by its real length; a fixed one is only shown.
        yield voice.say(f"period.real_{voice.parts}")
        if fixed:
            yield voice.say("period.fixed_shown", length=fixed)
    else:
        yield voice.say("period.fixed", length=fixed) if fixed else voice.say("period.real")


def _part(voice: Voice) -> Iterator[str]:
    part = voice.policy.part_period
    if part is PartPeriod.NO_CYCLE or (part is PartPeriod.FULL_PERIOD and voice.has_outages and not voice.parts):
        yield voice.say(f"period.part.{part}", whose=voice.whose)
    elif not voice.has_outages:
        yield from _part_of_rows(voice, part)
    elif voice.parts:
        yield voice.say(f"period.part_of_month.{part}", whose=voice.whose)
    elif voice.policy.denominator_ms is not None:
        yield voice.say(f"period.part_fixed.{part}", whose=voice.whose)
    else:
        yield voice.say(f"period.part.{part}", whose=voice.whose)


def _part_of_rows(voice: Voice, part: PartPeriod) -> Iterator[str]:
    """Rows outside the contract are not looked at; at most they are divided by."""
    indicator = voice.policy.indicator
    has_slots = isinstance(indicator, SlotMean) and indicator.idle is Idle.GOOD
    if has_slots and voice.policy.denominator_ms is None:
        yield voice.say(f"period.part_of_slots.{part}", whose=voice.whose)
        return
    yield voice.say("period.part_of_rows", whose=voice.whose)
    if part is not PartPeriod.OWN_CYCLE:
        yield voice.idle(f"part: {part}")
