"""Check a policy file, run the examples inside it, and publish it: a policy whose examples fail cannot be published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pyarrow as pa
from sqlmodel import Session

from sla_service.db.policies import list_versions, save_policy
from sla_service.db.tables import PolicyRecord
from sla_service.domain.assessment import Assessment, Outcome, assess
from sla_service.domain.errors import ConflictError, InvalidValueError, Problem
from sla_service.domain.exclusions import Exclusion
from sla_service.domain.incidents import Incident
from sla_service.domain.parties import Contract
from sla_service.domain.policies import MERCHANT_ZONE, Policy, PolicyExample
from sla_service.domain.shares import format_floored
from sla_service.formats.policy_yaml import parse_policy
from sla_service.measure.columns import EXCLUSIONS
from sla_service.usecases.gather_evidence import Gathered, Subject
from sla_service.usecases.measure_merchant import measure_gathered

_EXAMPLE_ZONE = "UTC"
"""Zone of an example's merchant, where the policy measures each merchant in its own."""


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """An example and what the policy makes of it."""

    example: PolicyExample
    found_availability: str
    found_credit: str
    differences: tuple[str, ...]
    """Expected and found, in words; empty if it holds."""


@dataclass(frozen=True, slots=True)
class PolicyCheck:
    """A file that can be read, and whether its examples hold."""

    policy: Policy
    examples: tuple[ExampleResult, ...]

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
    return PolicyCheck(policy, tuple(_run(policy, example) for example in policy.examples))


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
    save_policy(
        session,
        PolicyRecord(
            policy=policy.policy,
            version=policy.version,
            service=policy.service,
            effective_from=policy.effective_from.isoformat(),
            effective_to=policy.effective_to.isoformat() if policy.effective_to else None,
            digest=policy.digest,
            document=document,
            published_at_ms=now_ms,
            published_by=actor,
        ),
    )
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


def _run(policy: Policy, example: PolicyExample) -> ExampleResult:
    try:
        (measured,) = measure_gathered(_gathered(policy, example))
        if measured.measurement is None:
            return ExampleResult(example, "nothing to measure", "none", ("everything in the period is excluded",))
        return _compare(example, assess(policy, measured.measurement, example.fee))
    except InvalidValueError as error:
        return ExampleResult(example, "none", "none", (str(error),))


def _compare(example: PolicyExample, found: Assessment) -> ExampleResult:
    shown, exact = format_floored(found.availability), str(found.availability)
    undefined = found.outcome is Outcome.UNDEFINED
    differences = []
    if example.expect_availability not in {None, shown, exact}:
        differences.append(f"availability expected {example.expect_availability}, found {shown} (exactly {exact})")
    if example.expect_undefined != undefined:
        differences.append("expected to be undefined" if example.expect_undefined else f"undefined: {found.reason}")
    if example.expect_credit is not None and example.expect_credit != found.amount:
        differences.append(f"credit expected {example.expect_credit}, found {found.amount}")
    return ExampleResult(example, shown, str(found.amount), tuple(differences))


def _gathered(policy: Policy, example: PolicyExample) -> Gathered:
    """The example as evidence of one made-up merchant, so that it takes the very way of the real ones."""
    zone = _EXAMPLE_ZONE if policy.time_zone == MERCHANT_ZONE else policy.time_zone
    contract = Contract("EXAMPLE", policy.service, policy.policy, example.fee, date.min)
    subject = Subject(contract, "example", None, zone, example.month.window(zone), policy)
    gathered = Gathered(example.month, [subject], [policy])
    gathered.incidents = [Incident("EXAMPLE", example.name, policy.service, "", 0, "", "")]
    columns = ("incident_id", "merchant_id", "service", "start_ms", "end_ms", "share_ppm")
    gathered.impacts = pa.table(
        {
            name: pa.array(
                [
                    ("EXAMPLE", "EXAMPLE", policy.service, s.window.start_ms, s.window.end_ms, s.share_ppm)[i]
                    for s in example.impact
                ],
                pa.string() if i < columns.index("start_ms") else pa.int64(),
            )
            for i, name in enumerate(columns)
        },
    )
    gathered.exclusions = pa.Table.from_pylist([_exclusion(e) for e in example.excluded], schema=EXCLUSIONS)
    return gathered


def _exclusion(exclusion: Exclusion) -> dict[str, object]:
    return {
        "kind": exclusion.kind.value,
        "service": exclusion.service,
        "start_ms": exclusion.window.start_ms,
        "end_ms": exclusion.window.end_ms,
        "notice_ms": exclusion.notice_ms,
    }
