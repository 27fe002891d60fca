"""What no formula decides, or what the contract leaves open: it goes to a person."""

from __future__ import annotations

from collections.abc import Iterator

from sla_service.domain.policies.coverage import holes_of, overlaps_of
from sla_service.domain.policies.credits import Amount, Bands, Credit, Manual, Pay, Stack, Table, pays_of
from sla_service.domain.policies.payment import MONTHLY_FEE, PERIOD_FEE
from sla_service.formats.policy_words.crediting import parts_of
from sla_service.formats.policy_words.ranges import range_of
from sla_service.formats.policy_words.voice import Voice


def person(voice: Voice) -> Iterator[str]:
    """Contradictions, holes, overlaps, currencies without an amount, and what is decided by hand."""
    terms = voice.policy.qualify
    found = [voice.say("person.exactly", run=voice.time(terms.minimum_run_ms))] if terms.exactly_undefined else []
    found += _unknown_base(voice)
    found += parts_of(voice, voice.policy.credit, _open)
    yield from found or [voice.say("person.nothing")]
    if found:
        yield voice.say("person.how")


def _unknown_base(voice: Voice) -> list[str]:
    """A fee is always known; charges only where they were imported."""
    kinds = voice.policy.base.of
    if {MONTHLY_FEE, PERIOD_FEE} & {*kinds}:
        return []
    names = voice.any_of([voice.quoted(kind) for kind in kinds])
    return [voice.say(f"person.base.{voice.policy.base.month}", charges=names)]


def _open(voice: Voice, one: Credit) -> Iterator[str]:
    if isinstance(one, Table | Bands):
        for hole in holes_of(voice.policy, one):
            yield voice.say("person.hole", range=range_of(voice, one, hole))
        for i, j, both in overlaps_of(voice.policy, one):
            yield voice.say("person.overlap", one=i + 1, other=j + 1, range=range_of(voice, one, both))
    if isinstance(one, Manual):
        yield voice.say("person.manual", why=voice.quoted(one.why))
    pays = () if isinstance(one, Stack) else pays_of(one)
    for currencies in dict.fromkeys(map(_currencies, pays)):
        if currencies:
            yield voice.say("person.currency", currencies=voice.any_of(currencies))


def _currencies(pay: Pay) -> tuple[str, ...]:
    return tuple(money.currency for money in pay.amounts) if isinstance(pay, Amount) else ()
