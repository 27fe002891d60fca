"""What the policy is, before its first stage."""

from __future__ import annotations

from collections.abc import Iterator

from sla_service.formats.policy_words.voice import Voice


def identity(voice: Voice) -> Iterator[str]:
    """Name, version, service, dates, contract, source."""
    policy = voice.policy
    name, version = voice.quoted(policy.policy), str(policy.version)
    yield voice.say("identity.name", title=voice.quoted(policy.title), name=name, version=version)
    yield voice.say("identity.service", service=voice.quoted(policy.service))
    start = voice.day(policy.effective_from)
    if policy.effective_to is None:
        yield voice.say("identity.from", start=start)
    else:
        yield voice.say("identity.between", start=start, end=voice.day(policy.effective_to))
    yield voice.say("identity.frozen" if policy.is_frozen_for_term else "identity.follows")
    if policy.contract:
        yield voice.say("identity.contract", contract=voice.quoted(policy.contract))
    if policy.source:
        yield voice.say("identity.source", source=voice.quoted(policy.source))
    if policy.digest:
        yield voice.say("identity.digest", digest=policy.digest)
