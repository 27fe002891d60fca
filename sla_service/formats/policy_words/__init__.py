"""A policy as sentences that can be checked against the contract, one section for each stage of the calculation.

The sentences determine the terms: two policies with the same sentences mean the same. Each module writes some stages;
``en.toml`` and ``zh.toml`` have the words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sla_service.domain.policies import Policy
from sla_service.formats.policy_words.counting import exclude, period, quantise
from sla_service.formats.policy_words.crediting import credit, target
from sla_service.formats.policy_words.identity import identity
from sla_service.formats.policy_words.measuring import indicator, qualify, subject
from sla_service.formats.policy_words.paying import money
from sla_service.formats.policy_words.person import person
from sla_service.formats.policy_words.settling import settlement
from sla_service.formats.policy_words.voice import Voice
from sla_service.formats.texts import DEFAULT_LANGUAGE, texts_in

_STAGES: tuple[tuple[str, Callable[[Voice], Iterator[str]]], ...] = (
    ("identity", identity),
    ("subject", subject),
    ("indicator", indicator),
    ("qualify", qualify),
    ("exclude", exclude),
    ("quantise", quantise),
    ("period", period),
    ("target", target),
    ("credit", credit),
    ("money", money),
    ("settlement", settlement),
    ("person", person),
)
_OF_ROWS = ("qualify", "quantise")


@dataclass(frozen=True, slots=True)
class Section:
    """What a policy says about one stage."""

    title: str
    sentences: tuple[str, ...]


def explain_policy(policy: Policy, language: str = DEFAULT_LANGUAGE) -> list[Section]:
    """Say every term of a policy, with the defaults that matter.

    Args:
        policy: Its examples are not said.
        language: ``en`` or ``zh``.

    Raises:
        NotFoundError: There are no sentences in the language.
    """
    return sections_of(Voice.of(policy, texts_in(__name__, language)))


def sections_of(voice: Voice) -> list[Section]:
    """The sections with a voice that is already there."""
    return [Section(_title(voice, stage), tuple(write(voice))) for stage, write in _STAGES]


def _title(voice: Voice, stage: str) -> str:
    """Stages that speak of outages and time have another title where there are none."""
    is_of_rows = stage in _OF_ROWS and not voice.has_outages
    return voice.say(f"title.{stage}_of_rows" if is_of_rows else f"title.{stage}")
