"""Stages 7 and 8: what is promised, and what a breach pays."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sla_service.domain.policies.credits import (
    Amount,
    Bands,
    Blocks,
    Credit,
    DowntimeOf,
    Flat,
    Gate,
    Hits,
    Manual,
    Multiple,
    Overlap,
    Pay,
    Per,
    Points,
    Right,
    Share,
    Stack,
    Table,
    Time,
)
from sla_service.domain.policies.indicators import SubjectKind
from sla_service.domain.policies.payment import MONTHLY_FEE, PERIOD_FEE, Base
from sla_service.formats.policy_words.ranges import band_range, missed_means, tier_range
from sla_service.formats.policy_words.voice import Voice

TERMINATE = "terminate"
"""The right that contracts name most; others are repeated as they stand in the file."""
_PLAIN_BASES = {Base((name,)): name for name in (MONTHLY_FEE, PERIOD_FEE)}


def target(voice: Voice) -> Iterator[str]:
    """Stage 7."""
    yield from _promise(voice)
    due = voice.policy.due_after
    if due is not None:
        yield voice.say(
            "target.due_in_a_row" if due.in_a_row else "target.due_any",
            missed=voice.number(due.missed),
            of=voice.count("time.period", due.of),
            means=missed_means(voice, due.below),
        )


def _promise(voice: Voice) -> Iterator[str]:
    policy = voice.policy
    if policy.target is None:
        yield voice.say("target.none")
        # Without a target there is no gate, whatever it is called; the default is not worth a word.
        if policy.gate is Gate.ABOVE:
            yield voice.idle(f"gate: {policy.gate}")
        return
    edge = voice.figure(policy.target)
    if policy.gate is Gate.NONE:
        yield voice.say("target.budget_only", promised=voice.promised, edge=edge)
        return
    side = {Gate.AT_LEAST: ("at_least", "at_most"), Gate.ABOVE: ("above", "below")}[policy.gate][voice.is_worse_higher]
    key = f"target.gate_each.{voice.parts}" if voice.parts else "target.gate"
    yield voice.say(key, promised=voice.promised, range=voice.say(f"edge.{side}", edge=edge))
    yield voice.say("target.met_pays_nothing")


def credit(voice: Voice) -> Iterator[str]:
    """Stage 8."""
    yield from parts_of(voice, voice.policy.credit, _function)


def parts_of(
    voice: Voice, one: Credit, write: Callable[[Voice, Credit], Iterator[str]], label: str = ""
) -> Iterator[str]:
    """What ``write`` says of a credit and, if it is a stack, of each of its parts, which are numbered."""
    for sentence in write(voice, one):
        yield voice.say("credit.part", part=label, sentence=sentence) if label else sentence
    for number, part in enumerate(one.of if isinstance(one, Stack) else (), 1):
        yield from parts_of(voice, part, write, f"{label}.{number}" if label else str(number))


def _function(voice: Voice, one: Credit) -> Iterator[str]:
    match one:
        case Table() | Bands():
            yield from _rows(voice, one)
        case Flat(paid, per):
            yield _flat(voice, paid, per)
        case Multiple():
            yield from _multiple(voice, one)
        case Blocks():
            yield from _blocks(voice, one)
        case Hits(span, paid):
            yield voice.say(f"credit.hits.{span}", condition=_hit(voice, one), pays=pays(voice, paid))
        case Points(step, paid, count):
            step_said = voice.figure(step)
            yield voice.say(f"credit.points.{count}", promised=voice.promised, step=step_said, pays=pays(voice, paid))
        case Manual():
            yield voice.say("credit.manual")
        case Stack(rule, parts):
            yield voice.say(f"credit.stack.{rule}", parts=len(parts))


def _flat(voice: Voice, paid: Pay, per: Per) -> str:
    if per is Per.OUTAGE and voice.parts == "incident":
        return voice.say("credit.flat.outage_alone", pays=pays(voice, paid))
    return voice.say(f"credit.flat.{per}", period=voice.period_word("period"), pays=pays(voice, paid))


def _blocks(voice: Voice, one: Blocks) -> Iterator[str]:
    whose, block = voice.period_word("whose"), voice.time(one.block_ms)
    yield voice.say(f"credit.blocks.{one.per}.{one.count}", whose=whose, block=block, pays=pays(voice, one.pay))
    if one.of is DowntimeOf.EXCESS:
        yield voice.say(f"credit.downtime.{one.of}")
    elif one.after_ms:
        yield voice.say(f"credit.after.{one.per}", whose=whose, after=voice.time(one.after_ms))
    else:
        yield voice.say("credit.at_once")


def _rows(voice: Voice, one: Table | Bands) -> Iterator[str]:
    if isinstance(one, Bands):
        is_alone = one.per is Per.OUTAGE and voice.parts == "incident"
        key = "credit.bands.outage_alone" if is_alone else f"credit.bands.{one.per}"
        yield voice.say(key, the_period=voice.period_word("the"))
        rows = [(band_range(voice, band, one.per), band.pays, band.clause) for band in one.rows]
    else:
        rows = [(tier_range(voice, tier), tier.pays, tier.clause) for tier in one.rows]
    for number, (covers, paid, clause) in enumerate(rows, 1):
        said = {"range": covers, "pays": pays(voice, paid), "clause": voice.clause(clause)}
        yield voice.say("credit.row", number=number, **said)
    if len(rows) > 1 or one.overlap is not Overlap.UNDEFINED:
        yield voice.say(f"credit.overlap.{one.overlap}")


def _multiple(voice: Voice, one: Multiple) -> Iterator[str]:
    is_share = not voice.has_outages and not voice.policy.is_metric and voice.policy.base.covers_ms is None
    kind = "time" if voice.extends_term else "share" if is_share else "money"
    yield voice.say(f"credit.multiple.{kind}", times=voice.number(one.times), base=base_name(voice))
    if is_share and kind == "share":
        yield voice.say(f"credit.bad_share.{one.of}")
    else:
        yield voice.say(f"credit.downtime.{one.of}", the_period=voice.period_word("the"))
    if one.whole_ms:
        yield voice.say("credit.whole", unit=voice.service_time(one.whole_ms))


def _hit(voice: Voice, one: Hits) -> str:
    if one.strict and not one.minimum_ms:
        return voice.say(f"credit.hit.{one.hit_by}.any")
    side = "more_than" if one.strict else "at_least"
    return voice.say(f"credit.hit.{one.hit_by}.{side}", time=voice.time(one.minimum_ms))


def pays(voice: Voice, pay: Pay) -> str:
    """What is paid, as a clause: ``the credit is 10% of the monthly fee``."""
    match pay:
        case Share(ratio):
            return voice.say("pay.share", share=voice.percent(ratio), base=base_name(voice))
        case Amount(amounts):
            return voice.say("pay.amount", amounts=voice.amounts(amounts))
        case Time(time_ms):
            return voice.say("pay.time", worth=voice.worth(time_ms))
        case Right(name):
            return right(voice, name)


def right(voice: Voice, name: str) -> str:
    """A right as a clause: ``the merchant may terminate the contract``."""
    return voice.say("pay.terminate") if name == TERMINATE else voice.say("pay.right", name=voice.quoted(name))


def base_name(voice: Voice) -> str:
    """What a share is of, by a name that stage 9 explains: of an hour or day, its part of that."""
    base = voice.say(f"pay.base.{_PLAIN_BASES.get(voice.policy.base, 'other')}")
    if voice.policy.subject is SubjectKind.UNIT:
        base = voice.say("pay.base.unit", base=base)
    return voice.say(f"pay.part.{voice.parts}", base=base) if voice.parts in {"hour", "day"} else base
