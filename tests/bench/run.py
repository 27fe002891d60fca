"""`make bench`: time and peak memory of each step, each in a process of its own, beside a floor run in the same minute.

Not a test: figures of a machine are not right or wrong. Ratios to the floor say whether the code got slower.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "2023-09-19"
STATEMENTS = 500
WARM_UP = 20
EXTRA: dict[str, float] = {}
"""Figures that a step adds to its own."""
POLICY_MIXES = ("one", "tables", "kinds")
NOUNS = ("partners", "merchants", "contracts", "incidents", "timeline", "impacts", "exclusions")


def main() -> None:
    """Run every step in its own process and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--merchants", type=int, default=100_000)
    parser.add_argument("--windows", type=int, default=5)
    parser.add_argument("--step", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step:
        measured(arguments.step, arguments.folder, arguments.merchants, arguments.windows)
        return
    folder = Path(tempfile.mkdtemp(prefix="sla-bench-"))
    try:
        rows = [run_step(step, folder, arguments) for step in STEPS]
    finally:
        shutil.rmtree(folder)
    report(rows, arguments)


def run_step(step: str, folder: Path, arguments: argparse.Namespace) -> dict[str, object]:
    """One step in a fresh interpreter, so that its peak memory is its own."""
    print(f"  {step} …", file=sys.stderr, flush=True)
    command = [sys.executable, __file__, "--step", step, "--folder", str(folder)]
    command += ["--merchants", str(arguments.merchants), "--windows", str(arguments.windows)]
    result = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(result.stdout.splitlines()[-1])


def measured(step: str, folder: Path, merchants: int, windows: int) -> None:
    """Run a step here and print its figures as JSON."""
    began, cpu = time.perf_counter(), time.process_time()
    rows = STEPS[step](folder, merchants, windows)
    figures = {
        "step": step,
        "rows": rows,
        "seconds": time.perf_counter() - began,
        "cpu_seconds": time.process_time() - cpu,
        **EXTRA,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(figures))


def database(folder: Path):
    from sla_service.db.engine import create_engine, upgrade

    engine = create_engine(f"sqlite:///{folder / 'sla.db'}")
    upgrade(engine)
    return engine


def generate(folder: Path, merchants: int, windows: int) -> int:
    """Write the book's files; not part of the product's work."""
    from sla_service.usecases.demo_book import generate_book

    book = generate_book(merchants, partner_count=min(900, max(1, merchants // 40)), windows_per_merchant=windows)
    for noun in ("partners", "merchants", "contracts", "impacts", "exclusions"):
        with (folder / f"{noun}.csv").open("wb") as file:
            file.writelines(book.chunks(noun))
    for noun in ("incidents", "timeline"):
        shutil.copy(EXAMPLE / f"{noun}.csv", folder)
    return merchants * windows


def import_all(folder: Path, _merchants: int, _windows: int) -> int:
    """Publish the policies and import every file."""
    from sla_service.db.engine import writing
    from sla_service.usecases.import_rows import import_file
    from sla_service.usecases.policies import publish_policy

    engine, rows = database(folder), 0
    with writing(engine) as session:
        for path in sorted((EXAMPLE / "policies").glob("*.yaml")):
            publish_policy(session, path.read_text(encoding="utf-8"), now_ms=1_696_200_000_000, actor="ann")
    for noun in NOUNS:
        with writing(engine) as session:
            data = (folder / f"{noun}.csv").read_bytes()
            rows += import_file(session, noun, data, name=noun, now_ms=1_696_200_000_000, actor="ann").rows
    engine.dispose()
    shutil.copy(folder / "sla.db", folder / "imported.db")
    return rows


def calculate(folder: Path, _merchants: int, _windows: int) -> int:
    """Calculate September 2023."""
    from sla_service.db.engine import writing
    from sla_service.domain.periods import Month
    from sla_service.usecases.calculate_run import calculate_run

    with writing(database(folder)) as session:
        calculate_run(session, Month(2023, 9), now_ms=1_696_300_000_000, actor="ann")
        return int(session.connection().exec_driver_sql("SELECT count(*) FROM credits").scalar_one())


def calculate_under(mix: str) -> Callable[[Path, int, int], int]:
    """Calculate every storefront under one policy, or spread over twenty; only calculating counts."""

    def step(folder: Path, _merchants: int, _windows: int) -> int:
        from policies import documents
        from sla_service.db.engine import writing
        from sla_service.domain.periods import Month
        from sla_service.usecases.calculate_run import calculate_run
        from sla_service.usecases.policies import publish_policy

        own = folder / mix
        own.mkdir()
        shutil.copy(folder / "imported.db", own / "sla.db")
        files = documents(mix)
        engine = database(own)
        with writing(engine) as session:
            for document in files:
                publish_policy(session, document, now_ms=1_696_200_000_000, actor="ann")
            run_sql = session.connection().exec_driver_sql
            run_sql("DELETE FROM contracts WHERE service <> 'storefront'")
            run_sql("UPDATE contracts SET policy = 'bench-' || (rowid % ?)", (len(files),))
        began = time.perf_counter()
        with writing(engine) as session:
            calculate_run(session, Month(2023, 9), now_ms=1_696_300_000_000, actor="ann")
            rows = int(session.connection().exec_driver_sql("SELECT count(*) FROM credits").scalar_one())
        EXTRA["calculating_seconds"] = time.perf_counter() - began
        return rows

    return step


def floor(folder: Path, _merchants: int, _windows: int) -> int:
    """The floor of calculating: read the impacts and do one interval union in one hand-written DuckDB query."""
    import duckdb

    from sla_service.db.engine import reading
    from sla_service.db.evidence import load_impacts
    from sla_service.domain.windows import Window

    with reading(database(folder)) as session:
        impacts = load_impacts(session, near=Window(0, 2**42), among=None)  # noqa: F841 - read by name below
    query = """
        WITH edges AS (SELECT merchant_id, service, start_ms, end_ms, share_ppm,
                 max(end_ms) OVER (PARTITION BY merchant_id, service ORDER BY start_ms
                                   ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reach FROM impacts)
        SELECT merchant_id, service, sum(share_ppm * (end_ms - greatest(start_ms, coalesce(reach, start_ms))))
        FROM edges WHERE end_ms > coalesce(reach, 0) GROUP BY ALL
    """
    with duckdb.connect() as connection:
        return len(connection.sql(query).fetchall())


def issue(folder: Path, _merchants: int, _windows: int) -> int:
    """Approve and issue."""
    from sla_service.config import Settings
    from sla_service.db.engine import writing
    from sla_service.usecases.decide_run import approve_run
    from sla_service.usecases.issue_run import issue_run, issuer_of

    engine = database(folder)
    with writing(engine) as session:
        approve_run(session, 1, digest=None, now_ms=1_696_300_000_000, actor="ben")
    with writing(engine) as session:
        issued = issue_run(session, 1, issuer=issuer_of(Settings()), now_ms=1_696_300_000_000, actor="ben")
        return issued.merchant_statements + issued.partner_statements


def export(folder: Path, _merchants: int, _windows: int) -> int:
    """Write register, lines and journal."""
    from sla_service.db.engine import reading
    from sla_service.usecases.export_run import EXPORTS, export_run

    engine, rows = database(folder), 0
    for kind in EXPORTS:
        with reading(engine) as session, (folder / f"{kind}-out.csv").open("wb") as file:
            for chunk in export_run(session, 1, kind, accounts=("4910", "2310")):
                rows += chunk.count(b"\n")
                file.write(chunk)
    return rows


def render(folder: Path, _merchants: int, _windows: int) -> int:
    """Render statements on one core; building the fonts, once per machine, is not counted."""
    from sla_service.db.engine import reading
    from sla_service.db.statements import list_statements, load_statement
    from sla_service.domain.errors import InvalidValueError
    from sla_service.domain.statements import statement_from_json
    from sla_service.formats.statement_pdf import render_statement

    fonts_dir = Path(tempfile.gettempdir()) / "sla-bench-fonts"
    with reading(database(folder)) as session:
        numbers = [row[0] for row in list_statements(session, 1, "merchant")][: STATEMENTS + WARM_UP]
        snapshots = [statement_from_json(load_statement(session, number).snapshot) for number in numbers]
    done = 0
    for i, snapshot in enumerate(snapshots):
        if i == WARM_UP:
            began = time.perf_counter()
        try:
            render_statement(snapshot, fonts_dir=fonts_dir)
            done += i >= WARM_UP
        except InvalidValueError:
            pass  # parked; the demo's book has a few names that no font can print
    EXTRA["statements_per_second"] = done / (time.perf_counter() - began)
    return done


STEPS: dict[str, Callable[[Path, int, int], int]] = {
    "generate": generate,
    "import": import_all,
    "calculate": calculate,
    "floor": floor,
    **{f"under {mix}": calculate_under(mix) for mix in POLICY_MIXES},
    "issue": issue,
    "export": export,
    "render": render,
}


def report(rows: list[dict[str, object]], arguments: argparse.Namespace) -> None:
    """The table, the ratio and the rate."""
    print(f"{arguments.merchants:,} merchants × {arguments.windows} impact windows, SQLite")
    print(f"{'step':<12}{'rows':>12}{'seconds':>10}{'CPU s':>10}{'peak MiB':>10}")
    for row in rows:
        print(
            f"{row['step']:<12}{row['rows']:>12,}{row['seconds']:>10.1f}{row['cpu_seconds']:>10.1f}"
            f"{row['peak_mib']:>10.0f}",
        )
    by = {row["step"]: row for row in rows}
    ratio = by["calculate"]["seconds"] / by["floor"]["seconds"]
    print(f"calculate ÷ floor (read and one hand-written union): {ratio:.1f}")
    one, tables, kinds = (by[f"under {mix}"]["calculating_seconds"] for mix in POLICY_MIXES)
    print(f"calculating under twenty tables ÷ under one: {tables / one:.2f} ({tables:.1f} s, {one:.1f} s)")
    print(f"calculating under twenty kinds of policy ÷ under one table: {kinds / one:.2f} ({kinds:.1f} s)")
    print(f"statements per second on one core: {by['render']['statements_per_second']:.0f}")


if __name__ == "__main__":
    main()
