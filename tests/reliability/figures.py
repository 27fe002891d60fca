"""Figures that tests measure, kept for the page that promises are held against; nothing is kept unless it is asked for.

``SLA_TEST_FIGURES`` names the folder. ``SLA_TEST_LONG=1`` asks for the long form of a test.
"""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import subprocess
import time
import uuid
from functools import lru_cache
from pathlib import Path
from typing import Any

SEED = int(os.environ.get("SLA_TEST_SEED", "20230919"))
"""Of everything that is drawn at random, so that it can be drawn again."""


def is_long() -> bool:
    """Whether the long forms were asked for."""
    return bool(os.environ.get("SLA_TEST_LONG"))


def of_form(short: Any, long: Any) -> Any:
    """One of two, by the form that was asked for."""
    return long if is_long() else short


@lru_cache
def commit() -> str:
    """The commit that is tested."""
    asked = ["git", "rev-parse", "--short", "HEAD"]
    said = subprocess.run(asked, cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    return said.stdout.strip() or "unknown"


def record(test_id: str, figures: dict[str, Any], *, seed: int | None = None) -> None:
    """Keep what a test measured.

    Args:
        test_id: A test of the design: ``R2``.
        figures: Words and values; a value may be a mapping of words and values.
        seed: If anything was drawn at random.
    """
    folder = os.environ.get("SLA_TEST_FIGURES")
    if not folder:
        return
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    said = {
        "test": test_id,
        "figures": figures,
        "seed": seed,
        "form": of_form("short", "long"),
        "commit": commit(),
        "measured_on": time.strftime("%Y-%m-%d", time.gmtime()),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }
    (path / f"{test_id}-{uuid.uuid4().hex}.json").write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")
