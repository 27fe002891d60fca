"""The step by step of docs/corrections.md, worked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sla_service.domain.money import Money
from tests.usecases.the_corrections import Story

PAGE = (Path(__file__).parents[2] / "docs" / "corrections.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (close|correction) \| (.+?) \|((?: -?\d+\.\d\d \|){6})$", re.MULTILINE)
STEPS = {
    "four hours on the 5th": lambda story: None,  # noqa: ARG005 - what the story begins with
    "six more on the 12th": lambda story: story.a_later_outage("kept", "taken"),
    "the 12th was announced": lambda story: story.it_was_announced("kept", "taken", day="2023-09-12"),
}


@pytest.mark.parametrize(("merchant", "at"), [("kept", 2), ("taken", 4)])
def test_one_month_step_by_step(sqlite_engine, merchant, at):
    story, rows = Story(sqlite_engine).filled(), ROW.findall(PAGE)
    assert [row[1] for row in rows] == list(STEPS)
    for run, known, figures in rows:
        before, now, *_ = said = [Money.parse(one, "USD").minor for one in figures.strip(" |").split(" | ")]
        STEPS[known](story)
        run_id = story.close() if run == "close" else story.correct()
        # What was credited before differs between the two policies only after the last step of the page.
        assert story.credits(run_id)[merchant] == (before, now, said[at])
        assert sum(story.totals(merchant)) == said[at + 1]
