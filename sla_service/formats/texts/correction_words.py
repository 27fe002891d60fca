"""What a correction or a void says: which statement it is about, what was credited, and what the difference is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sla_service.domain.money import Money, totals
from sla_service.domain.statements import StatedCredit, Statement, StatementKind
from sla_service.formats.texts import credit_words, measure_words
from sla_service.formats.texts.credit_words import Words
from sla_service.formats.texts.ladder_words import Rung, has_money
from sla_service.formats.texts.time_words import service_time


def is_correction(statement: Statement) -> bool:
    """Whether a statement is about another one."""
    return bool(statement.corrects)


def is_gone(credit: StatedCredit) -> bool:
    """Whether there is no contract any more, and so nothing that was measured."""
    return credit.before is not None and not credit.total_ms


def title(statement: Statement, words: Words) -> str:
    """What the document is."""
    if statement.void_reason:
        return words.texts.say("statement.correction.title_void")
    return words.texts.say("statement.correction.title" if is_correction(statement) else "statement.title")


def answer(statement: Statement, words: Words) -> str:
    """The one sentence: what is credited in addition, or taken back."""
    say, month = words.texts.say, measure_words.span(statement, words)
    if statement.void_reason:
        return say("statement.correction.void", number=statement.corrects, month=month)
    partner = ".partner" if statement.kind is StatementKind.PARTNER else ""
    said = [
        say(f"statement.correction.answer{partner}.{key}", amount=amount, month=month)
        for key, amount in (("more", _more(statement, words)), ("less", _less(statement, words)))
        if amount
    ]
    return " ".join(said) or say(f"statement.correction.answer{partner}.same", month=month)


def worth(statement: Statement, words: Words) -> str:
    """The difference in figures, for a subject line: ``USD 44.85``, ``USD 29.90 less``."""
    more, less = _more(statement, words), _less(statement, words)
    taken = words.texts.say("statement.correction.taken", amount=less) if less else ""
    return credit_words.listed([one for one in (more, taken) if one], words.texts) if more or taken else ""


def _more(statement: Statement, words: Words) -> str:
    return _figures([total for total in statement.totals if total.minor > 0], max(0, _time_ms(statement)), words)


def _less(statement: Statement, words: Words) -> str:
    taken = [Money(total.currency, -total.minor) for total in statement.totals if total.minor < 0]
    return _figures(taken, max(0, -_time_ms(statement)), words)


def _time_ms(statement: Statement) -> int:
    stated = sum(credit.stated_service_ms for credit in statement.credits)
    return stated + sum(line.service_ms for line in statement.merchants)


def _figures(amounts: Sequence[Money], time_ms: int, words: Words) -> str:
    """Amounts and service time in one list; empty if there is nothing."""
    parts = [words.conventions.money(amount) for amount in amounts]
    if time_ms:
        parts.append(words.texts.say("statement.correction.time", time=service_time(time_ms, words)))
    return credit_words.listed(parts, words.texts) if parts else ""


def explained(statement: Statement, words: Words) -> list[str]:
    """What the statement is about, before anything else is said."""
    if statement.void_reason:
        return list(_void(statement, words))
    say = words.texts.say
    if statement.kind is StatementKind.PARTNER:
        return [say("statement.correction.partner", number=statement.corrects)]
    before = _figures(*_before(statement), words)
    now = _figures(*_now(statement), words)
    key = "from_nothing" if not before else "to_nothing" if not now else "difference"
    more, less = _more(statement, words), _less(statement, words)
    said = [say(f"statement.correction.{way}", difference=one) for way, one in (("add", more), ("take", less)) if one]
    how = credit_words.listed(said, words.texts) if said else say("statement.correction.even")
    sentence = say(f"statement.correction.{key}", number=statement.corrects, before=before, now=now, how=how)
    gone = [
        say("statement.correction.gone", service=credit.service, span=measure_words.credit_span(credit, words))
        for credit in statement.credits
        if is_gone(credit)
    ]
    return [sentence, *gone]


def _before(statement: Statement) -> tuple[list[Money], int]:
    found = [credit.before for credit in statement.credits if credit.before]
    currency = statement.credits[0].amount.currency
    minor = sum(one.minor for one in found)
    return [Money(currency, minor)] if minor else [], sum(one.service_ms for one in found)


def _now(statement: Statement) -> tuple[list[Money], int]:
    amounts = [one for one in totals(credit.amount for credit in statement.credits) if one.minor]
    return amounts, sum(credit.service_ms for credit in statement.credits)


def _void(statement: Statement, words: Words) -> Iterator[str]:
    say = words.texts.say
    reason = statement.void_reason.rstrip()
    yield say("statement.correction.void_reason", number=statement.corrects, reason=reason.rstrip(".!。"))
    yield say("statement.correction.void_taken", amount=_less(statement, words))
    kept = _figures(*_now(statement), words)
    if kept:
        yield say("statement.correction.void_kept", amount=kept, month=measure_words.span(statement, words))
    yield say("statement.correction.void_sorry")


def settled(statement: Statement, words: Words) -> list[str]:
    """How a difference reaches the merchant: as the credit does, or off what is still owed."""
    more = [credit for credit in statement.credits if credit.stated.minor > 0 or credit.stated_service_ms > 0]
    forms = list(dict.fromkeys(said for credit in more if (said := credit_words.when(credit, words))))
    when = forms if len(forms) == 1 else [words.texts.say("statement.when.several")] if forms else []
    return [*when, *([words.texts.say("statement.correction.set_off")] if _less(statement, words) else [])]


def below_the_total(credit: StatedCredit, words: Words) -> list[Rung]:
    """What stands under the amount of a credit that was credited before: that, and the difference."""
    before, say = credit.before, words.texts.say
    if before is None:
        return []
    ways, currency = words.conventions, credit.amount.currency
    if has_money(credit) or before.minor or before.stated_minor:
        was, stated = ways.amount(Money(currency, before.minor)), before.stated_minor
        now = ways.amount(Money(currency, abs(stated)))
    else:
        was, stated = service_time(before.service_ms, words), before.stated_service_ms
        now = service_time(abs(stated), words)
    key = "statement.ladder.difference_taken" if stated < 0 else "statement.ladder.difference"
    return [Rung(say("statement.ladder.before"), was), Rung(say(key), now)]
