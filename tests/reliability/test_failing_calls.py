"""R3: every write, sync and send of a small month fails or kills the process; the month is closed all the same."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.reliability.closing import close
from tests.reliability.figures import of_form, record
from tests.reliability.small_month import digests, load, violations
from tests.reliability.states import Ways

pytestmark = pytest.mark.reliability
ROOT = Path(__file__).resolve().parents[2]
CALLS = {
    "sqlite": {
        "pwrite64": ("error=ENOSPC", "error=EIO", "signal=KILL"),
        "fdatasync": ("error=EIO", "signal=KILL"),
        "fsync": ("error=EIO", "signal=KILL"),
    },
    # A send that fails although the link holds does not happen: libpq then waits for the server's last words. What a
    # broken link does is in R6, byte by byte.
    "postgresql": {"sendto": ("signal=KILL",)},
}
"""Calls of the system through which data leaves the process, and what becomes of the n-th one."""
POINTS = of_form({"pwrite64": 4, "fdatasync": 2, "fsync": 1, "sendto": 3}, None)
"""Per call, spread over all of them; None for every one, in each way."""
GO_ON_EVERY = 50
"""So often a month is closed although another was left in the same state."""


@pytest.fixture(scope="module")
def strace():
    found = shutil.which("strace")
    if found is None:
        if os.environ.get("SLA_TEST_REQUIRE_STRACE"):
            pytest.fail("strace is not installed")
        pytest.skip("NO STRACE: no failing writes, syncs and sends were tried")
    return found


@pytest.fixture(scope="module")
def children():
    """A process that forks children which close a month."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "ignore", "-m", "tests.reliability.closing"]
    with subprocess.Popen(
        command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        yield server
        server.stdin.close()


def traced(strace, children, url, *options, told):
    """Close a month in a child whose calls are watched; how the child ended."""
    children.stdin.write(f"{url}\n")
    children.stdin.flush()
    pid = int(children.stdout.readline())
    command = [strace, "-f", "-p", str(pid), "-o", str(told), *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracing:
        try:
            assert "attached" in tracing.stderr.readline()
        finally:
            os.kill(pid, signal.SIGCONT)
        status = int(children.stdout.readline())
        tracing.communicate()
    return status


def url_of(engine):
    return engine.url.render_as_string(hide_password=False)


def loaded(copies):
    """A database with evidence and nothing calculated."""
    if "loaded" not in copies.templates:
        engine, name = copies._copy(copies.empty)
        load(engine)
        engine.dispose()
        copies.templates["loaded"] = name
    engine, _ = copies._copy(copies.templates["loaded"])
    copies.engines.append(engine)
    return engine


def count_calls(strace, children, copies, told):
    """How often each call is made while nothing fails, and what the month looks like then."""
    engine = loaded(copies)
    calls = CALLS[copies.kind]
    assert traced(strace, children, url_of(engine), "-e", f"trace={','.join(calls)}", told=told) == 0
    found = Counter(re.findall(rf"\b({'|'.join(calls)})\(", told.read_text(encoding="utf-8", errors="replace")))
    return found, digests(engine)


def points(calls, counted):
    """Which call fails, at which time, and how."""
    for call, ways in calls.items():
        whole = counted[call]
        if POINTS is None:
            yield from ((call, n, way) for n in range(1, whole + 1) for way in ways)
        elif whole:
            step = max(1, whole // POINTS[call])
            some = range(max(1, step // 2), whole + 1, step)[: POINTS[call]]
            yield from ((call, n, ways[i % len(ways)]) for i, n in enumerate(some))


def test_whatever_call_fails_the_month_is_closed_in_the_end(strace, children, copies, tmp_path):
    told = tmp_path / "calls"
    counted, expected = count_calls(strace, children, copies, told)
    tried, failed = Counter(), 0

    def go_on(engine):
        close(engine)
        assert digests(engine) == expected, (call, n, way)
        assert violations(engine) == [], (call, n, way)

    ways = Ways(copies, lambda: loaded(copies), go_on)
    for call, n, way in points(CALLS[copies.kind], counted):
        engine = ways.start()
        options = ("-e", f"trace={call}", "-e", f"inject={call}:{way}:when={n}")
        failed += traced(strace, children, url_of(engine), *options, told=told) != 0
        tried[f"{call}, {way}"] += 1
        ways.end(is_once_more=sum(tried.values()) % GO_ON_EVERY == 0)
    assert failed > 0
    figures = {"calls that were made": sum(counted.values()), "points": sum(tried.values()), **tried}
    figures |= {"closings that ended in an error": failed, "different states left behind": len(ways.known)}
    record("R3", {f"on {copies.kind}": {**figures, "closed to the end": ways.gone_on, "violations": 0}})
