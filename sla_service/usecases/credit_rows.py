"""Measured subjects as rows of credits and lines: each distinct case is assessed once."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from sla_service.db.bulk import table_of
from sla_service.db.credits import credits_schema, lines_schema
from sla_service.domain.accounting.detail import looks_at_outages
from sla_service.domain.assessment import Outcome, assess
from sla_service.domain.errors import InvalidValueError
from sla_service.domain.facts import Facts
from sla_service.domain.measurement import Measurement
from sla_service.domain.policies import Policy
from sla_service.usecases.account_subjects import Accounts
from sla_service.usecases.account_units import Accounted
from sla_service.usecases.assessed_columns import NOTHING_MEASURED, assessed_columns, measured_columns, policy_columns
from sla_service.usecases.contract_facts import Surroundings, facts_of, looks_at_history
from sla_service.usecases.contract_periods import Subject
from sla_service.usecases.credited_before import Earlier, earlier_of, looks_back, with_earlier
from sla_service.usecases.decided import Decisions, decide, decided
from sla_service.usecases.gather_evidence import Gathered
from sla_service.usecases.plain_credits import plain_credits
from sla_service.usecases.progress import Progress
from sla_service.usecases.stack_groups import stack_groups

if TYPE_CHECKING:
    from sla_service.measure.availability import Measured
    from sla_service.usecases.evidence_tables import Tables

Row = dict[str, Any]


class CreditRows:
    """One run's rows."""

    def __init__(
        self, run_id: int, gathered: Gathered, tables: Tables, measured: Measured, *, first_credit_no: int = 1
    ) -> None:
        self.run_id, self.gathered, self.measured = run_id, gathered, measured
        self.first_credit_no = first_credit_no
        self.credit_nos = [first_credit_no + gathered.place_of(i) for i in range(len(gathered.subjects))]
        self.accounts = Accounts(gathered, tables, measured)
        own = measured.totals.slice(0, len(tables.measurables))
        self.totals = [row[1:] for row in zip(*(column.to_pylist() for column in own.columns), strict=True)]
        """The index is the number in the subjects table: every subject has a row, and plain contracts come last."""
        self.cases: dict[tuple[object, ...], Row] = {}
        self.credited: dict[tuple[str, str, date], list[Earlier]] = {}
        """Per contract: what its earlier periods in this run credit."""
        self.decided: dict[tuple[str, str, date], list[Fraction]] = defaultdict(list)
        """Per contract whose policy looks at its history: what decided about them."""
        self.numbers = {i: numbers[0] for (i, _), numbers in self.accounts.numbers.items()}

    def credits(self, known: Surroundings, decisions: Decisions, progress: Progress) -> pa.Table:
        """A row per subject, parked ones included; numbers follow the places of the subjects."""
        credits = self._looked_at(known, decisions, progress)
        plain = self.gathered.plain
        if plain is None:
            return credits
        totals = self.measured.totals.slice(len(self.totals))
        more = plain_credits(plain, totals, run_id=self.run_id, first_credit_no=self.first_credit_no)
        more = decided(more, decisions)
        if not credits.num_rows:
            return more
        return pa.concat_tables([credits, more]).sort_by("credit_no")

    def _looked_at(self, known: Surroundings, decisions: Decisions, progress: Progress) -> pa.Table:
        """Rows of what is assessed one by one."""
        schema = credits_schema()
        rows: list[tuple[Any, ...]] = []
        groups: dict[tuple[str, str, str], list[tuple[int, Policy]]] = defaultdict(list)
        for i, subject in enumerate(self.gathered.subjects):
            row = self._credit(i, subject, known)
            decide(row, decisions)
            row |= {"run_id": self.run_id, "credit_no": self.credit_nos[i]}
            rows.append(tuple(map(row.get, schema.names)))
            if subject.policy is not None and subject.window is not None and subject.policy.group is not None:
                groups[row["merchant_id"], subject.policy.group.name, row["currency"]].append((i, subject.policy))
            if i % 5_000 == 0:
                progress("Assessing", i, len(self.gathered.subjects))
        progress("Assessing", len(self.gathered.subjects), len(self.gathered.subjects))
        if not rows:
            return schema.empty_table()
        columns = dict(zip(schema.names, map(list, zip(*rows, strict=True)), strict=True))
        stack_groups(columns, groups, lambda row: decide(row, decisions))
        arrays = [pa.array(columns[n], t) for n, t in zip(schema.names, schema.types, strict=True)]
        return pa.table(arrays, schema=schema)

    def lines(self) -> pa.Table:
        """The lines behind the credits, numbered per credit, with the incidents' own ids."""
        simple = self.measured.lines
        simple = simple.set_column(0, "credit_no", pc.take(self._credit_no_of(), simple["subject"]))
        order = ["credit_no", "incident", "start_ms", "end_ms", "impact_ppm_ms", "counted_ppm_ms", "status", "reason"]
        simple = simple.select(order)
        detailed = [
            (self.credit_nos[i], *line)
            for i, subject in enumerate(self.gathered.subjects)
            if (found := self._account(i, subject)) is not None
            for line in found.lines
        ]
        if detailed:
            simple = pa.concat_tables([simple, table_of(detailed, simple.schema)])
        if self.gathered.subjects:
            keys = ("credit_no", "start_ms", "end_ms")
            simple = simple.sort_by([(key, "ascending") for key in keys])
        return self._numbered(simple.combine_chunks())

    def _credit_no_of(self) -> pa.ChunkedArray:
        """The credit's number for each number in the subjects table."""
        own = pa.array([self.credit_nos[one.subject] for one in self.accounts.tables.measurables], pa.int64())
        plain = self.gathered.plain
        more = [] if plain is None else pc.add(plain.rows["place"], self.first_credit_no).chunks
        return pa.chunked_array([own, *more], pa.int64())

    def _numbered(self, lines: pa.Table) -> pa.Table:
        rows = lines.num_rows
        ids = pa.array([incident.incident_id for incident in self.gathered.incidents], pa.string())
        credit_no = lines["credit_no"]
        # Lines come sorted by credit, so that a line's number is its position less that of the credit's first line.
        position = pa.array(range(rows), pa.int64())
        first = pa.table({"credit_no": credit_no, "position": position}).group_by("credit_no")
        first = first.aggregate([("position", "min")])
        start = pc.take(first["position_min"], pc.index_in(credit_no, first["credit_no"])) if rows else position
        return pa.table(
            [
                pa.repeat(pa.scalar(self.run_id, pa.int64()), rows),
                credit_no,
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
        row |= policy_columns(policy, subject.time_zone, subject.window)
        row |= {"excluded_ppm_ms": found.excluded_ppm_ms, "unmeasured_ms": found.unmeasured_ms}
        if found.measurement is None:
            return row | {"reason": found.reason or NOTHING_MEASURED}
        row |= measured_columns(found.measurement)
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
