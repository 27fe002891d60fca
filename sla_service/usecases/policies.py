"""Check a policy file, run the examples inside it, and publish it: a policy whose examples fail cannot be published."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session

from sla_service.db.audit import record_change
from sla_service.db.policies import list_versions, save_policy
from sla_service.db.tables import PolicyRecord
from sla_service.domain.errors import ConflictError, InvalidValueError, Problem
from sla_service.domain.policies import Policy
from sla_service.domain.policies.warnings import Warning as PolicyWarning
from sla_service.domain.policies.warnings import warnings_of
from sla_service.formats.policy_yaml import parse_policy
from sla_service.usecases.announced import require_calendars
from sla_service.usecases.policy_examples import ExampleResult, run_example


@dataclass(frozen=True, slots=True)
class PolicyCheck:
    """A file that can be read, whether its examples hold, and what a second look at it would be for."""

    policy: Policy
    examples: tuple[ExampleResult, ...]
    warnings: tuple[PolicyWarning, ...] = ()

    @property
    def failed(self) -> tuple[ExampleResult, ...]:
        """Examples that do not hold."""
        return tuple(result for result in self.examples if result.differences)


def check_policy(document: str) -> PolicyCheck:
    """Read a policy file and run its examples through the same code that credits merchants.

    Raises:
        InvalidValueError: Every problem of the file with its path and line.
    """
    policy = parse_policy(document)
    # The library is asked here and not by the grammar: what is published stays readable, whatever it knows later.
    require_calendars(policy)
    results = tuple(run_example(policy, example) for example in policy.examples)
    return PolicyCheck(policy, results, tuple(warnings_of(policy)))


def publish_policy(session: Session, document: str, *, now_ms: int, actor: str) -> tuple[Policy, bool]:
    """Publish a version; the same meaning again changes nothing.

    Returns:
        The policy, and whether it is new.

    Raises:
        InvalidValueError: The file cannot be read, or an example fails.
        ConflictError: The version exists with another meaning, or is not the next one.
    """
    check = check_policy(document)
    policy = check.policy
    if check.failed:
        raise InvalidValueError(
            Problem("example_failed", f"the example {result.example.name!r} fails: {'; '.join(result.differences)}")
            for result in check.failed
        )
    versions = list_versions(session, policy.policy)
    same = next((record for record in versions if record.version == policy.version), None)
    if same is not None:
        if same.digest == policy.digest:
            return policy, False
        free = versions[-1].version + 1
        message = f"{policy.name_and_version} is published with other terms; publish this as version {free}"
        raise ConflictError("version_published", message)
    _require_next(policy, versions)
    record = PolicyRecord(
        policy=policy.policy,
        version=policy.version,
        service=policy.service,
        effective_from=policy.effective_from.isoformat(),
        effective_to=policy.effective_to.isoformat() if policy.effective_to else None,
        digest=policy.digest,
        document=document,
        published_at_ms=now_ms,
        published_by=actor,
    )
    save_policy(session, record)
    after = {name: getattr(record, name) for name in ("service", "effective_from", "effective_to", "digest")}
    subject = f"policy {policy.name_and_version}"
    record_change(session, action="policy.publish", subject=subject, now_ms=now_ms, actor=actor, after=after)
    return policy, True


def _require_next(policy: Policy, versions: list[PolicyRecord]) -> None:
    latest = versions[-1].version if versions else 0
    if policy.version < latest:
        message = f"{policy.policy} is at version {latest} already; a new version has a higher number"
        raise ConflictError("version_order", message)
    if versions and versions[-1].service != policy.service:
        message = (
            f"{policy.policy} is for the service {versions[-1].service}; a policy for another one has another name"
        )
        raise ConflictError("service_changed", message)
