"""Stages 1 to 3: of what availability is computed, what is bad, and which outages count."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sla_service.domain.policies.downtime import Affected, Qualify, ReportedSince, RunsMeasured
from sla_service.domain.policies.indicators import (
    AffectedUsers,
    BadWhen,
    Events,
    Indicator,
    Metric,
    MinimumRequests,
    RequestsPer,
    ScoredEvents,
    SlotEvidence,
    SlotMean,
    Slots,
    Together,
    UsageFigure,
    Windows,
)
from sla_service.formats.policy_words.voice import Voice


def subject(voice: Voice) -> Iterator[str]:
    """Stage 1."""
    of = voice.policy.subject
    if isinstance(of, Together):
        yield voice.say("subject.together") if of.down is None else voice.say("subject.several", number=of.down)
        yield voice.say("subject.least_hit")
    else:
        yield voice.say(f"subject.{of}")


def indicator(voice: Voice) -> Iterator[str]:
    """Stage 2."""
    kind: Indicator = voice.policy.indicator
    match kind:
        case Windows(curve):
            yield voice.say("indicator.windows")
            yield voice.say(f"indicator.curve.{curve}")
            yield voice.say("indicator.overlap")
        case Slots():
            yield from _slots(voice, kind)
        case SlotMean():
            yield from _slot_mean(voice, kind)
        case Events(minimum):
            yield voice.say("indicator.events")
            yield _minimum_requests(voice, minimum, slot="row")
        case ScoredEvents(tolerated):
            yield voice.say("indicator.scored_events", tolerated=voice.number(tolerated))
        case AffectedUsers():
            yield voice.say("indicator.affected_users")
        case Metric():
            unit = voice.quoted(kind.unit) if kind.unit else voice.say("indicator.no_unit")
            yield voice.say("indicator.metric", name=voice.quoted(kind.name), unit=unit)
            yield voice.say(f"indicator.statistic.{kind.statistic}")
            yield voice.say(f"indicator.worse.{kind.worse}")


def _slots(voice: Voice, slots: Slots) -> Iterator[str]:
    conditions = ""
    for one in slots.bad_when:
        said = _bad_when(voice, one)
        conditions = voice.say(f"indicator.{slots.needed}", one=conditions, other=said) if conditions else said
    yield voice.say("indicator.slots", slot=voice.time(slots.slot_ms), conditions=conditions)
    if slots.evidence is SlotEvidence.OUTAGES:
        yield voice.say("indicator.slots_of_outages")
        return
    if slots.counts_requests:
        yield voice.say("indicator.one_slot")
    if slots.counts_values:
        yield voice.say("indicator.every_value")
    has_rate = any(one.figure is UsageFigure.ERROR_RATE for one in slots.bad_when)
    yield voice.say("indicator.slots_by_share" if has_rate else "indicator.slots_by_windows")
    yield _minimum_requests(voice, slots.minimum_requests)


def _slot_mean(voice: Voice, mean: SlotMean) -> Iterator[str]:
    yield voice.say("indicator.slot_mean", slot=voice.time(mean.slot_ms))
    yield voice.say("indicator.one_slot")
    yield voice.say(f"indicator.idle.{mean.idle}")
    yield _minimum_requests(voice, mean.minimum_requests)


def _bad_when(voice: Voice, one: BadWhen) -> str:
    is_rate = one.figure is UsageFigure.ERROR_RATE
    edge = voice.percent(one.edge) if is_rate else voice.number(one.edge)
    return voice.say(f"indicator.{one.figure}", comparison=voice.say(f"edge.{one.comparison}", edge=edge))


def _minimum_requests(voice: Voice, minimum: MinimumRequests | None, slot: str = "slot") -> str:
    """``slot`` is what has the least number where that is not the period."""
    if minimum is None:
        return voice.say("indicator.any_requests")
    per = slot if minimum.per is RequestsPer.SLOT else minimum.per
    return voice.say(f"indicator.minimum_requests.{per}", count=voice.ways.integer(minimum.count))


def qualify(voice: Voice) -> Iterator[str]:
    """Stage 3."""
    terms = voice.policy.qualify
    # A file that asks something of outages where there are none is refused; a value that does is told as it stands.
    asks = replace(terms, affected=Affected.EVERYONE, activity_ms=0) != Qualify()
    if not voice.has_outages and not asks:
        yield from _rows(voice, terms)
        return
    yield _minimum_run(voice, terms)
    yield voice.say("qualify.grace", grace=voice.time(terms.grace_ms)) if terms.grace_ms else voice.say("qualify.all")
    if terms.joined_within_ms:
        yield voice.say("qualify.joined", time=voice.time(terms.joined_within_ms))
    if voice.policy.exclude or terms.measured is not RunsMeasured.BEFORE_EXCLUSIONS:
        yield voice.say(f"qualify.measured.{terms.measured}")
    yield from _clock(voice, terms)
    is_active = terms.affected is Affected.ACTIVE
    if is_active and terms.activity_ms:
        yield voice.say("qualify.affected.active_around", activity=voice.time(terms.activity_ms))
    else:
        yield voice.say(f"qualify.affected.{terms.affected}")
    if terms.activity_ms and not is_active:
        yield voice.idle(f"activity: {voice.time(terms.activity_ms)}")


def _rows(voice: Voice, terms: Qualify) -> Iterator[str]:
    """Where there are no outages, each row of evidence counts, whomever an outage would count for."""
    yield voice.say("qualify.rows")
    if terms.affected is not Affected.EVERYONE:
        yield voice.idle(f"affected: {terms.affected}")
    if terms.activity_ms:
        yield voice.idle(f"activity: {voice.time(terms.activity_ms)}")


def _clock(voice: Voice, terms: Qualify) -> Iterator[str]:
    if len(terms.clock) == 1:
        yield voice.say(f"qualify.clock.{terms.clock[0]}")
    else:
        instants = [voice.say(f"qualify.instant.{clock}") for clock in terms.clock]
        yield voice.say("qualify.clock.earliest", instants=voice.any_of(instants))
    if terms.reported is None:
        return
    by, within_ms, since = terms.reported.by, terms.reported.within_ms, terms.reported.since
    if within_ms is None:
        yield voice.say(f"qualify.reported.{by}")
    else:
        yield voice.say(f"qualify.reported.{by}_since_{since}", within=voice.time(within_ms))
    if within_ms is None and since is not ReportedSince.END:
        yield voice.idle(f"since: {since}")


def _minimum_run(voice: Voice, terms: Qualify) -> str:
    if not (terms.minimum_run_ms or terms.strict or terms.exactly_undefined):
        return voice.say("qualify.however_short")
    return voice.one_of(
        "qualify.minimum",
        {"undefined": terms.exactly_undefined and not terms.strict, "longer_than": terms.strict, "at_least": True},
        run=voice.time(terms.minimum_run_ms),
    )
