"""What must be the same money, told by several witnesses: per currency, and where they disagree, by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sla_service.domain.money import Money


@dataclass(frozen=True, slots=True)
class Difference:
    """One disagreement."""

    rule: str
    """Stable word for programs: ``ledger``, ``export_changed``."""
    what: str
    """In words, for people."""
    number: str = ""
    """Of the statement, where there is one."""
    merchant_id: str = ""
    here: Money | None = None
    """What the run says."""
    there: Money | None = None
    """What the other side says."""


@dataclass(frozen=True, slots=True)
class Witness:
    """One source's figures in one currency."""

    source: str
    currency: str
    count: int
    sum: Money
    difference: Money
    """To what the credits say."""


@dataclass(slots=True)
class Reconciliation:
    """A run's figures from every side."""

    witnesses: list[Witness] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    exports: list[str] = field(default_factory=list)
    """Kinds whose recorded digest was proven by making them again."""
    unproven: list[str] = field(default_factory=list)
    """Recorded exports that other settings made: they cannot be made again now."""

    @property
    def agrees(self) -> bool:
        """Whether nothing differs."""
        return not self.differences and not any(one.difference.minor for one in self.witnesses)


Figures = Mapping[str, tuple[int, int]]
"""Count and sum in minor units per currency."""


def witnesses(sources: Mapping[str, Figures]) -> Iterator[Witness]:
    """The figures of all sources, currency by currency; the first source is what the others are compared with."""
    first = next(iter(sources.values()))
    for currency in sorted({currency for figures in sources.values() for currency in figures}):
        expected = first.get(currency, (0, 0))[1]
        for source, figures in sources.items():
            count, minor = figures.get(currency, (0, 0))
            yield Witness(source, currency, count, Money(currency, minor), Money(currency, minor - expected))


def money_or_none(currency: str, minor: int | None) -> Money | None:
    """An amount, if there is one."""
    return None if minor is None or not currency else Money(currency, minor)
