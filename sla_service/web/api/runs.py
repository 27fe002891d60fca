"""Credit runs: what was calculated, approved and issued for a month."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from marshmallow import Schema, fields

from sla_service.db.credits import list_run_credits, summarise
from sla_service.db.engine import reading
from sla_service.db.runs import list_runs, load_run
from sla_service.db.tables import CreditRecord, RunRecord
from sla_service.domain.instants import format_instant
from sla_service.domain.money import Money
from sla_service.domain.policies import Policy
from sla_service.domain.policies.indicators import Metric
from sla_service.usecases.policies_in_force import published_policies
from sla_service.usecases.queue_run import standing
from sla_service.usecases.read_availability import issued_measurement
from sla_service.web.api.auth import require_key
from sla_service.web.api.endpoints import ApiBlueprint, endpoint
from sla_service.web.api.fields import IdField
from sla_service.web.api.ids import run_number
from sla_service.web.api.paging import LimitQuerySchema, NumberParameter, PageQuerySchema, next_page, page
from sla_service.web.api.wire import (
    Json,
    MetricSchema,
    MoneySchema,
    RatioSchema,
    metric_json,
    money_json,
    ratio_json,
    told,
)
from sla_service.web.context import context


class RunSchema(Schema):
    """A run and who did what to it."""

    run_id = fields.Integer(required=True)
    period = fields.String(required=True, metadata=told("Month.", example="2023-09"))
    kind = fields.String(required=True, metadata=told("close, or correction of an issued month"))
    revision = fields.Integer(required=True, metadata=told("1 closes the month; corrections and voids follow."))
    voids = fields.String(
        required=True, allow_none=True, metadata=told("Of a void: the number of the statement that it takes back.")
    )
    reason = fields.String(
        required=True, allow_none=True, metadata=told("Why it was begun or set aside; of a void the merchant reads it.")
    )
    state = fields.String(
        required=True,
        metadata=told("draft, calculated, submitted, approved, issuing, issued, rejected or superseded"),
    )
    digest = fields.String(required=True, metadata=told("SHA-256 of the figures; what an approval is for."))
    created_at = fields.String(required=True)
    created_by = fields.String(required=True)
    submitted_at = fields.String(required=True, allow_none=True)
    submitted_by = fields.String(required=True, allow_none=True)
    first_approved_by = fields.String(
        required=True, allow_none=True, metadata=told("Who approved first, where a bound asks for two.")
    )
    approved_at = fields.String(required=True, allow_none=True)
    approved_by = fields.String(required=True, allow_none=True)
    issued_at = fields.String(required=True, allow_none=True)
    issued_by = fields.String(required=True, allow_none=True)


class SummaryLineSchema(Schema):
    """Cases of one outcome, policy and currency."""

    outcome = fields.String(required=True)
    service = fields.String(required=True)
    policy = fields.String(required=True)
    policy_version = fields.Integer(required=True, allow_none=True)
    credits = fields.Integer(required=True, metadata=told("How many cases."))
    merchants = fields.Integer(required=True)
    amount = fields.Nested(MoneySchema, required=True)


class RunDetailSchema(RunSchema):
    """A run with its sums."""

    batches_done = fields.Integer(required=True, metadata=told("Of the batches that the run is worked in."))
    batches = fields.Integer(required=True)
    stopped = fields.String(required=True, allow_none=True, metadata=told("Why nobody works on it, if so."))
    summary = fields.List(fields.Nested(SummaryLineSchema), required=True)


class RunsSchema(Schema):
    """A page of runs."""

    runs = fields.List(fields.Nested(RunSchema), required=True)
    next = fields.String(required=True, allow_none=True)


class CreditSchema(Schema):
    """One contract's case in a run."""

    credit_no = fields.Integer(required=True)
    merchant_id = fields.String(required=True)
    service = fields.String(required=True)
    policy = fields.String(required=True)
    policy_version = fields.Integer(required=True, allow_none=True)
    outcome = fields.String(
        required=True, metadata=told("met, credited, below_minimum, nothing_owed, unclaimed, undefined or parked")
    )
    reason = fields.String(required=True, allow_none=True, metadata=told("Why a person must decide, or decided so."))
    availability = fields.Nested(RatioSchema, required=True, allow_none=True)
    target = fields.Nested(RatioSchema, required=True, allow_none=True)
    metric = fields.Nested(MetricSchema, required=True, allow_none=True, metadata=told("Instead of an availability."))
    fee = fields.Nested(MoneySchema, required=True)
    credit = fields.Nested(MoneySchema, required=True)
    service_time_ms = fields.Integer(required=True, metadata=told("Service time, where credits extend the term."))
    rights = fields.List(fields.String(), required=True, metadata=told("Rights that arose, such as terminate."))
    claim_until = fields.String(
        required=True,
        allow_none=True,
        metadata=told("The last day for a claim, or the last instant of a deadline in hours, where one is needed."),
    )
    decided_by = fields.String(
        required=True, allow_none=True, metadata=told("Who decided, where the contract has no answer.")
    )


class CreditsSchema(Schema):
    """A page of credits."""

    credits = fields.List(fields.Nested(CreditSchema), required=True)
    next = fields.String(required=True, allow_none=True)


class CreditsQuerySchema(LimitQuerySchema):
    """Which credits of the run."""

    after = NumberParameter(metadata=told("Number of the last credit seen.", type="integer"))
    merchant_id = IdField(metadata=told("Only this merchant's.", type="string"))


blueprint = ApiBlueprint("runs", __name__, description="Credit runs, month by month")
blueprint.before_request(require_key)


@endpoint(blueprint, "/runs", query=PageQuerySchema, gives=RunsSchema, refuses=(400,))
def get_runs(query: Mapping[str, Any]) -> Json:
    """List runs, the newest first."""
    with reading(context().engine) as session:
        found = [run_json(run) for run in list_runs(session)]
    shown, after = page(found, lambda run: str(run["run_id"]), limit=query["limit"], after=query.get("after"))
    return {"runs": shown, "next": after}


@endpoint(blueprint, "/runs/<run_id>", gives=RunDetailSchema, refuses=(404,))
def get_run(run_id: str) -> Json:
    """Read a run with its counts and sums."""
    with reading(context().engine) as session:
        run = load_run(session, run_number(run_id))
        summary = [_summary_json(row) for row in summarise(session, run.run_id)]
        found = standing(session, run.run_id)
        stopped = None if found.stop is None else found.stop.reason
        far = {"batches_done": found.done, "batches": found.batches, "stopped": stopped}
        return {**run_json(run), **far, "summary": summary}


@endpoint(blueprint, "/runs/<run_id>/credits", query=CreditsQuerySchema, gives=CreditsSchema, refuses=(404,))
def get_run_credits(query: Mapping[str, Any], run_id: str) -> Json:
    """List a run's credits by number, of one merchant if asked for."""
    limit, merchant_id = query["limit"], query.get("merchant_id")
    with reading(context().engine) as session:
        run = load_run(session, run_number(run_id))
        after = query.get("after", 0)
        found = list_run_credits(session, run.run_id, merchant_id=merchant_id, after=after, limit=limit + 1)
        policies = {policy.digest: policy for policy in published_policies(session)}
        credits = [_credit_json(credit, policies.get(credit.policy_digest or "")) for credit in found[:limit]]
    more = next_page(str(credits[-1]["credit_no"])) if len(found) > limit else None
    return {"credits": credits, "next": more}


def run_json(run: RunRecord) -> Json:
    """A run as the API shows it."""
    return {
        "run_id": run.run_id,
        "period": run.period,
        "kind": run.kind,
        "revision": run.revision,
        "voids": run.voids,
        "reason": run.reason,
        "state": run.state,
        "digest": run.digest,
        "created_at": format_instant(run.created_at_ms),
        "created_by": run.created_by,
        "submitted_at": _instant(run.submitted_at_ms),
        "submitted_by": run.submitted_by,
        "first_approved_by": run.first_approved_by,
        "approved_at": _instant(run.approved_at_ms),
        "approved_by": run.approved_by,
        "issued_at": _instant(run.issued_at_ms),
        "issued_by": run.issued_by,
    }


def _instant(ms: int | None) -> str | None:
    return None if ms is None else format_instant(ms)


def _summary_json(row: Mapping[str, Any]) -> Json:
    names = ("outcome", "service", "policy", "policy_version", "credits", "merchants")
    return {**{name: row[name] for name in names}, "amount": money_json(Money(row["currency"], row["amount_minor"]))}


def _credit_json(credit: CreditRecord, policy: Policy | None) -> Json:
    return {
        "credit_no": credit.credit_no,
        "merchant_id": credit.merchant_id,
        "service": credit.service,
        "policy": credit.policy,
        "policy_version": credit.policy_version,
        "outcome": credit.outcome,
        "reason": credit.reason,
        **_measured_json(credit, policy),
        "fee": money_json(Money(credit.currency, credit.fee_minor)),
        "credit": money_json(Money(credit.currency, credit.amount_minor)),
        "service_time_ms": credit.service_ms,
        "rights": credit.rights.split("; ") if credit.rights else [],
        "claim_until": credit.claim_until,
        "decided_by": credit.decided_by,
    }


def _measured_json(credit: CreditRecord, policy: Policy | None) -> Json:
    measured = issued_measurement(credit, policy)
    target = None if credit.target is None else Fraction(credit.target)
    if policy is not None and isinstance(policy.indicator, Metric):
        value = measured.decisive if measured else None
        return {
            "availability": None,
            "target": None,
            "metric": metric_json(policy.indicator, value=value, target=target),
        }
    return {
        "availability": ratio_json(measured.availability) if measured else None,
        "target": None if target is None else ratio_json(target),
        "metric": None,
    }
