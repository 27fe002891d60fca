"""Measured subjects as rows of credits and lines: each distinct case is assessed once."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from sla_service.db.bulk import table_of
from sla_service.db.credits import credits_schema, lines_schema
from sla_service.domain.accounting.detail import looks_at_outages
from sla_service.domain.assessment import Assessment, Outcome, assess
from sla_service.domain.errors import InvalidValueError
from sla_service.domain.facts import Facts
from sla_service.domain.measurement import Measurement
from sla_service.domain.policies import Policy
from sla_service.usecases.account_subjects import Accounts
from sla_service.usecases.account_units import Accounted
from sla_service.usecases.contract_facts import Surroundings, facts_of, looks_at_history
from sla_service.usecases.contract_periods import Subject
from sla_service.usecases.credited_before import Earlier, earlier_of, looks_back, with_earlier
from sla_service.usecases.gather_evidence import Gathered
from sla_service.usecases.progress import Progress
from sla_service.usecases.stack_groups import stack_groups

if TYPE_CHECKING:
    from sla_service.measure.availability import Measured
    from sla_service.usecases.evidence_tables import Tables

Row = dict[str, Any]
_ENCODER = json.JSONEncoder(separators=(",", ":"), sort_keys=True)
Decisions = Mapping[tuple[str, str, str, int], Mapping[str, Any]]
"""What people decided, by merchant, service, contract's first day and period's start."""


class CreditRows:
    """One run's rows."""

    def __init__(
        self, run_id: int, gathered: Gathered, tables: Tables, measured: Measured, *, first_credit_no: int = 1
    ) -> None:
        self.run_id, self.gathered, self.measured = run_id, gathered, measured
        self.credit_nos = [first_credit_no + gathered.place_of(i) for i in range(len(gathered.subjects))]
        self.accounts = Accounts(gathered, tables, measured)
        self.totals = [row[1:] for row in zip(*(column.to_pylist() for column in measured.totals.columns), strict=True)]
        """The index is the number in the subjects table: every subject has a row."""
        self.cases: dict[tuple[object, ...], Row] = {}
        self.credited: dict[tuple[str, str, date], list[Earlier]] = {}
        """Per contract: what its earlier periods in this run credit."""
        self.decided: dict[tuple[str, str, date], list[Fraction]] = defaultdict(list)
        """Per contract whose policy looks at its history: what decided about them."""
        self.numbers = {i: numbers[0] for (i, _), numbers in self.accounts.numbers.items()}

    def credits(self, known: Surroundings, decisions: Decisions, progress: Progress) -> pa.Table:
        """A row per subject, parked ones included; numbers follow the places of the subjects."""
        schema = credits_schema()
        rows: list[tuple[Any, ...]] = []
        groups: dict[tuple[str, str, str], list[tuple[int, Policy]]] = defaultdict(list)
        for i, subject in enumerate(self.gathered.subjects):
            row = self._credit(i, subject, known)
            _decide(row, decisions)
            row |= {"run_id": self.run_id, "credit_no": self.credit_nos[i]}
            rows.append(tuple(map(row.get, schema.names)))
            if subject.policy is not None and subject.window is not None and subject.policy.group is not None:
                groups[row["merchant_id"], subject.policy.group.name, row["currency"]].append((i, subject.policy))
            if i % 5_000 == 0:
                progress("Assessing", i, len(self.gathered.subjects))
        progress("Assessing", len(self.gathered.subjects), len(self.gathered.subjects))
        columns = dict(zip(schema.names, map(list, zip(*rows, strict=True)), strict=True))
        stack_groups(columns, groups, lambda row: _decide(row, decisions))
        arrays = [pa.array(columns[n], t) for n, t in zip(schema.names, schema.types, strict=True)]
        return pa.table(arrays, schema=schema)

    def lines(self) -> pa.Table:
        """The lines behind the credits, numbered per credit, with the incidents' own ids."""
        subjects = pa.array([one.subject for one in self.accounts.tables.measurables], pa.int64())
        simple = self.measured.lines
        simple = simple.set_column(0, "subject", pc.take(subjects, simple["subject"]))
        detailed = [
            (i, *line)
            for i, subject in enumerate(self.gathered.subjects)
            if (found := self._account(i, subject)) is not None
            for line in found.lines
        ]
        if detailed:
            order = ["subject", "incident", "start_ms", "end_ms", "impact_ppm_ms", "counted_ppm_ms", "status", "reason"]
            simple = pa.concat_tables([simple.select(order), table_of(detailed, simple.select(order).schema)])
            simple = simple.sort_by([("subject", "ascending"), ("start_ms", "ascending"), ("end_ms", "ascending")])
        return self._numbered(simple.combine_chunks())

    def _numbered(self, lines: pa.Table) -> pa.Table:
        rows = lines.num_rows
        ids = pa.array([incident.incident_id for incident in self.gathered.incidents], pa.string())
        subject = lines["subject"]
        # Lines come sorted by subject, so that a line's number is its position less that of the subject's first line.
        position = pa.array(range(rows), pa.int64())
        first = (
            pa.table({"subject": subject, "position": position}).group_by("subject").aggregate([("position", "min")])
        )
        start = pc.take(first["position_min"], pc.index_in(subject, first["subject"])) if rows else position
        return pa.table(
            [
                pa.array([self.run_id] * rows, pa.int64()),
                pc.take(pa.array(self.credit_nos, pa.int64()), subject),
                pc.add(pc.subtract(position, start), 1),
                pc.take(ids, lines["incident"]),
                lines["start_ms"],
                lines["end_ms"],
                lines["impact_ppm_ms"],
                lines["counted_ppm_ms"],
                lines["status"],
                lines["reason"],
            ],
            schema=lines_schema(),
        )

    def _account(self, i: int, subject: Subject) -> Accounted | None:
        """The account of a subject in detail; None where sums say everything, or nothing is measured."""
        return None if subject.policy is None or subject.window is None else self.accounts.of(i)

    def _credit(self, i: int, subject: Subject, known: Surroundings) -> Row:
        contract = subject.contract
        row: Row = {
            "merchant_id": contract.merchant_id,
            "partner_id": subject.partner_id,
            "service": contract.service,
            "contract_starts_on": contract.starts_on.isoformat(),
            "policy": contract.policy,
            "fee_minor": contract.monthly_fee.minor,
            "currency": contract.monthly_fee.currency,
            "outcome": "parked",
            "reason": subject.parked_reason,
            "amount_minor": 0,
            "service_ms": 0,
        }
        policy = subject.policy
        if policy is None or subject.window is None:
            return row
        found = self._account(i, subject)
        if found is None:
            bad, excluded, unmeasured, total = self.totals[self.numbers[i]]
            measurement = Measurement(bad, total) if total > 0 else None
            found = Accounted(measurement, excluded, unmeasured)
        row |= _measured_columns(subject, policy, found)
        if found.measurement is None:
            return row | {"reason": found.reason or NOTHING_MEASURED}
        key = (contract.merchant_id, contract.service, contract.starts_on)
        facts = facts_of(subject, policy, found.measurement, known)
        if earlier := self.credited.get(key):
            facts = with_earlier(policy, facts, earlier, subject, self.gathered.month)
        if figures := self.decided.get(key):
            facts = replace(facts, history=(*facts.history, *figures))
        row |= self._assessed(policy, found.measurement, facts)
        if looks_at_history(policy):
            self.decided[key].append(found.measurement.decisive)
        if looks_back(policy) and row["outcome"] == Outcome.CREDITED:
            row_of_month = {**row, "month": str(self.gathered.month)}
            self.credited.setdefault(key, []).append(earlier_of(row_of_month, subject.time_zone))
        return row

    def _assessed(self, policy: Policy, measurement: Measurement, facts: Facts) -> Row:
        """Once per distinct case: after a platform-wide incident a million merchants are a few hundred of them."""
        single = measurement.parts or (measurement.outages and looks_at_outages(policy))
        plain = not (single or measurement.undefined)
        # Merchants with one account share the measurement itself, so that its identity stands for all that is in it.
        shape: tuple[object, ...] = (
            (measurement.bad_ppm_ms, measurement.total_ms, measurement.figure, measurement.credited_bad_ms)
            if plain and measurement.is_promised
            else (id(measurement),)
        )
        case = (policy.digest, facts, *shape)
        if case not in self.cases:
            try:
                self.cases[case] = assessed_columns(policy, measurement, assess(policy, measurement, facts))
            except InvalidValueError as error:
                # One merchant's trouble stays that merchant's.
                self.cases[case] = {"reason": str(error)}
        return self.cases[case]


NOTHING_MEASURED = "no time is left to measure in this period"


def _measured_columns(subject: Subject, policy: Policy, found: Accounted) -> Row:
    window, measurement = subject.window, found.measurement
    row = {
        "policy_version": policy.version,
        "policy_digest": policy.digest,
        "curve": policy.curve.value,
        "time_zone": subject.time_zone,
        "period_start_ms": window.start_ms if window else None,
        "period_end_ms": window.end_ms if window else None,
        "excluded_ppm_ms": found.excluded_ppm_ms,
        "unmeasured_ms": found.unmeasured_ms,
        "target": None if policy.target is None else str(policy.target),
    }
    if measurement is None:
        return row
    return row | {
        # Whole for windows; where usage gives a fraction of a part, ``availability`` is the exact figure.
        "bad_ppm_ms": int(measurement.bad_ppm_ms),
        "total_ms": measurement.total_ms,
        "availability": str(measurement.availability),
    }


def assessed_columns(policy: Policy, measurement: Measurement, assessment: Assessment) -> Row:
    """What an assessment adds to a credit's row."""
    outcome = assessment.outcome
    return {
        "outcome": outcome.value,
        "reason": assessment.reason or None,
        "tier": assessment.tier,
        "rate": None if assessment.rate is None else str(assessment.rate),
        "before_cap_minor": str(assessment.before_cap_minor),
        "cap_minor": None if assessment.cap_minor is None else str(assessment.cap_minor),
        "minimum_minor": assessment.minimum.minor if assessment.minimum else None,
        "unrounded_minor": str(assessment.unrounded_minor),
        "amount_minor": assessment.amount.minor,
        "service_ms": assessment.service_ms.__ceil__() if outcome is Outcome.CREDITED else 0,
        "rights": "; ".join(assessment.rights) or None,
        "steps": steps_json(policy, measurement, assessment),
        "claim_until": assessment.claim_until or None,
    }


def steps_json(policy: Policy, measurement: Measurement, assessment: Assessment) -> str | None:
    """How the amount came about beyond a share of the fee: base, what was counted, each cap in order, a metric's value.

    None where the other columns say it all: a row of the table, and at most one cap on the monthly fee. A group with a
    cap adds its own step. What decided is said where it is not the availability, for the later periods that look back.
    """
    plain = assessment.rate is not None and assessment.count is None and len(policy.caps) <= 1
    plain = plain and (policy.group is None or policy.group.cap is None)
    is_own = policy.is_metric or measurement.decisive != measurement.availability
    figure = {"figure": str(measurement.decisive)} if is_own else {}
    if not policy.is_metric and (assessment.outcome is Outcome.MET or plain):
        return _json(figure) if figure else None
    return _json(_paid(policy, assessment) | figure)


def _json(said: Mapping[str, object]) -> str:
    return _ENCODER.encode(said)


def _paid(policy: Policy, assessment: Assessment) -> dict[str, object]:
    return {
        "base_minor": str(assessment.base_minor),
        "count": None if assessment.count is None else str(assessment.count),
        "caps": [
            [
                policy.caps.index(step.cap),
                None if step.limit is None else str(step.limit),
                str(step.before),
                str(step.after),
            ]
            for step in assessment.steps
        ],
    }


def _decide(row: Row, decisions: Decisions) -> None:
    """Put a person's decision in the place of an answer that no formula gives."""
    if row["outcome"] != Outcome.UNDEFINED:
        return
    key = (row["merchant_id"], row["service"], row["contract_starts_on"], row["period_start_ms"] or 0)
    decision = decisions.get(key)
    if decision is None or decision["currency"] != row["currency"]:
        return
    amount = decision["amount_minor"]
    row |= {
        "outcome": (Outcome.CREDITED if amount else Outcome.NOTHING_OWED).value,
        "amount_minor": amount,
        "unrounded_minor": str(Fraction(amount)),
        "before_cap_minor": str(Fraction(amount)),
        "reason": decision["reason"],
        "decided_by": decision["decided_by"],
    }
