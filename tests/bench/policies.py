"""The policies that `make bench` calculates under: one table, twenty tables, and twenty kinds of everything."""

from __future__ import annotations

HEAD = """policy: bench-{number}
version: 1
effective: {{from: 2020-01-01}}
service: storefront
period: {{kind: month, time_zone: UTC}}
"""
TABLE = """target: {target}
credit:
  - {{below: {target}, from: 99%, pay: {pay}%}}
  - {{below: 99%, from: 95%, pay: 25%}}
  - {{below: 95%, pay: 100%}}
"""
PLAIN = TABLE.format(target="99.9%", pay=10)
STEP = "indicator: {kind: windows, curve: step}\n"
ANY = "indicator: {kind: windows, curve: any_impact}\n"
PAID = "target: 99.9%\ncap: {at: 100%}\ncredit: "

KINDS = (
    STEP + PLAIN,
    "indicator: {kind: windows, curve: linear}\n" + PLAIN,
    "indicator: {kind: windows, curve: full_outage}\nqualify: {minimum_run: 5 min}\n" + PLAIN,
    "indicator: {kind: windows, curve: reported_window}\n" + PLAIN,
    ANY + "exclude: {kind: maintenance, notice: 24 h}\n" + PLAIN,
    ANY + "exclude: {kind: maintenance, effect: not_measured}\n" + PLAIN,
    ANY + "exclude: {kind: maintenance, allowance: 1 h per month}\n" + PLAIN,
    STEP + "exclude: {kind: recurring, days: sunday, from: 02:00, to: 05:00, time_zone: Europe/Berlin}\n" + PLAIN,
    STEP + "quantise: {kind: outage, to: 1 min, round: up}\n" + PLAIN,
    STEP + "quantise: {kind: whole_slots, slot: 1 min}\n" + PLAIN,
    STEP + "quantise: {kind: total, to: 1 h, round: nearest}\n" + PLAIN,
    STEP + "qualify: {longer_than: 10 min}\nrounding: half_even\n" + PLAIN,
    STEP + PAID + "{kind: multiple, times: 10}\n",
    STEP + PAID + "{kind: blocks, block: 30 min, pay: 5%, count: part, per: outage}\n",
    STEP + PAID + "{kind: hits, span: hour, longer_than: 5 min, pay: 1 h}\n",
    STEP + PAID + "{kind: points, step: 0.1%, pay: 5%}\n",
    STEP + PAID + "{kind: flat, pay: 5%}\n",
    ANY + PAID + "{kind: bands, rows: [{from: 1 min, below: 60 min, pay: 24 h}, {from: 60 min, pay: 48 h}]}\n",
    STEP + PLAIN + "claim: {within: 30 days}\n",
    STEP + PLAIN + "chronic: {missed: 2, of: 3, then: terminate}\n",
)


def documents(kind: str) -> list[str]:
    """Policy files: ``one``, twenty ``tables`` that differ in target and pay, or twenty ``kinds``."""
    bodies = {
        "one": [STEP + PLAIN],
        "tables": [STEP + TABLE.format(target=f"99.{900 + n}%", pay=n + 1) for n in range(20)],
        "kinds": list(KINDS),
    }[kind]
    return [HEAD.format(number=number) + body for number, body in enumerate(bodies)]
