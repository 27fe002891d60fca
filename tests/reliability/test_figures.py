"""What tests measure is kept where it is asked for, and makes a page that names no machine."""

from __future__ import annotations

import json

from tests.reliability.figures import record
from tests.reliability.report import TESTS, page


def test_nothing_is_kept_unless_it_is_asked_for(monkeypatch, tmp_path):
    monkeypatch.delenv("SLA_TEST_FIGURES", raising=False)
    monkeypatch.chdir(tmp_path)
    record("R2", {"kills": 6})
    assert list(tmp_path.iterdir()) == []


def test_figures_become_a_page(monkeypatch, tmp_path):
    monkeypatch.setenv("SLA_TEST_FIGURES", str(tmp_path / "kept"))
    record("R2", {"on sqlite": {"kills": 1_234, "lost": 0}}, seed=7)
    record("R2", {"places": ["a", "b"]})
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted((tmp_path / "kept").iterdir())]
    text = page([one | {"commit": "abc123"} for one in found], postgres="18.1")
    assert "| on sqlite: kills | 1,234 |" in text
    assert "| places | a, b |" in text
    assert ", commit abc123, seed 7" in text
    assert "seed 7" in text
    assert text.count("No figures were kept.") == len(TESTS) - 1
    assert str(tmp_path) not in text
