"""The bench's step for stating: CPU per statement over credits of the demo's book that are already in memory.

`python -m tests.bench.stating 4000` prints it; `make bench` may call `measure_stating`.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from sla_service.config import Settings
from sla_service.db.credits import load_credits, load_lines
from sla_service.db.engine import create_engine, reading, upgrade, writing
from sla_service.db.incidents import list_incidents
from sla_service.db.parties import load_merchants
from sla_service.domain.incidents import Incident
from sla_service.domain.parties import Merchant
from sla_service.domain.periods import Month
from sla_service.domain.policies import Policy
from sla_service.usecases.calculate_run import calculate_run, is_stated
from sla_service.usecases.demo_book import generate_book
from sla_service.usecases.import_rows import import_file
from sla_service.usecases.issue_run import issuer_of
from sla_service.usecases.policies import publish_policy
from sla_service.usecases.policies_in_force import published_policies
from sla_service.usecases.write_statements import Issue, merchant_statements

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "2023-09-19"
NOW_MS = 1_696_300_000_000
WINDOWS = 5
ROUNDS = 3
"""The best of so many is the machine's; the others are its neighbours'."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Credits to state, and what they are stated from."""

    credits: pa.Table
    lines: pa.Table
    merchants: Mapping[str, Merchant]
    policies: Mapping[str, Policy]
    incidents: Mapping[str, Incident]


def demo_batch(engine, *, merchants: int, documents: list[str] | None = None) -> Batch:
    """The credits of the demo's book, calculated in a database that is empty; by other policies if given."""
    book = generate_book(merchants, partner_count=max(1, merchants // 40), windows_per_merchant=WINDOWS)
    files = {noun: (EXAMPLE / f"{noun}.csv").read_bytes() for noun in ("incidents", "timeline")}
    made = book.files()
    if documents is not None:
        made["contracts"] = _contracts(made["contracts"], len(documents))
    else:
        documents = [path.read_text(encoding="utf-8") for path in sorted((EXAMPLE / "policies").glob("*.yaml"))]
    with writing(engine) as session:
        for document in documents:
            publish_policy(session, document, now_ms=NOW_MS, actor="ann")
        for noun in ("partners", "merchants", "contracts", "incidents", "timeline", "impacts", "exclusions"):
            import_file(session, noun, {**made, **files}[noun], name=noun, now_ms=NOW_MS, actor="ann")
    with writing(engine) as session:
        run_id = calculate_run(session, Month(2023, 9), now_ms=NOW_MS, actor="ann").run_id
    return load_batch(engine, run_id)


def _contracts(file: bytes, policies: int) -> bytes:
    """The contracts for storefronts, dealt out to policies called bench-0 and so on."""
    head, *rows = file.decode().splitlines()
    cells = [row.split(",") for row in rows if ",storefront," in row]
    dealt = [[*row[:2], f"bench-{i % policies}", *row[3:]] for i, row in enumerate(cells)]
    return "\n".join([head, *(",".join(row) for row in dealt), ""]).encode()


def load_batch(engine, run_id: int) -> Batch:
    """A stored run's credits to state."""
    with reading(engine) as session:
        credits = load_credits(session, run_id)
        credits = credits.filter(is_stated(credits))
        return Batch(
            credits,
            load_lines(session, run_id),
            load_merchants(session, set(credits["merchant_id"].to_pylist())),
            {policy.digest: policy for policy in published_policies(session)},
            {incident.incident_id: incident for incident in list_incidents(session)},
        )


def cpu_ms_per_statement(batch: Batch) -> float:
    """The least of a few rounds."""
    issue, found = Issue(1, "2023-09", 1, NOW_MS, issuer_of(Settings()), {}), []
    parts = {"merchants": batch.merchants, "policies": batch.policies, "incidents": batch.incidents}
    for _ in range(ROUNDS):
        began = time.process_time()
        rows = merchant_statements(issue, batch.credits, batch.lines, **parts, first_number=1)
        found.append((time.process_time() - began) * 1_000 / rows.statements.num_rows)
    return min(found)


def measure_stating(merchants: int, documents: list[str] | None = None) -> float:
    """CPU milliseconds per statement, over one batch in memory."""
    with tempfile.TemporaryDirectory(prefix="sla-stating-") as folder:
        engine = create_engine(f"sqlite:///{folder}/sla.db")
        upgrade(engine)
        try:
            return cpu_ms_per_statement(demo_batch(engine, merchants=merchants, documents=documents))
        finally:
            engine.dispose()


if __name__ == "__main__":
    from tests.bench.policies import documents as bench_documents

    count = int(sys.argv[1]) if len(sys.argv) > 1 else 4_000
    print(f"the demo's policies: {measure_stating(count):.3f} ms of CPU per statement")
    for mix in ("one", "kinds"):
        print(f"under {mix}: {measure_stating(count, bench_documents(mix)):.3f} ms of CPU per statement")
