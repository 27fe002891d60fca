"""One cap over several policies of a merchant, from the contracts to the statement and the explanation."""

from __future__ import annotations

from sla_service.cli.explain_steps import credit_of, steps
from sla_service.db.credits import load_credits
from sla_service.db.engine import reading, writing
from sla_service.db.statements import list_statements, load_statement
from sla_service.domain.money import Money
from sla_service.domain.statements import statement_from_json
from sla_service.usecases.calculate_run import calculate_run
from sla_service.usecases.decide_credit import decide_credit
from sla_service.usecases.explain import explain
from sla_service.usecases.import_rows import import_file
from sla_service.usecases.issue_run import issue_run
from sla_service.usecases.policies import publish_policy
from tests.runs import submit_and_approve
from tests.usecases.the_month import ISSUER, MERCHANTS, NOW_MS, PARTNERS, SEPTEMBER

SERVICES = ("apps", "mail", "sites")
POLICY = """
policy: {service}
version: 1
effective: {{from: 2023-01-01}}
service: {service}
period: {{kind: month, time_zone: UTC}}
indicator: {{kind: windows, curve: step}}
target: 99.9%
credit: {{below: 99.9%, pay: 80%}}
group: {{name: network, rule: sum, cap: {{at: {at}}}}}
"""
HALF = dict.fromkeys(SERVICES, "50%")
CONTRACTS = "merchant_id,service,policy,monthly_fee,currency,starts_on,ends_on\n" + "".join(
    f"{merchant},{service},{service},{fee},USD,2020-01-01,\n"
    for merchant, service, fee in (
        ("step", "apps", "100.00"), ("step", "mail", "100.00"), ("step", "sites", "99.99"), ("half", "mail", "100.00"),
    )
)  # fmt: skip
INCIDENTS = "incident_id,title,service,region,cause,started_at,ended_at,source,source_ref\n" + "".join(
    f"INC-{service},Down,{service},,power,2023-09-10T10:00Z,2023-09-10T12:00Z,store_monitoring,{service}\n"
    for service in SERVICES
)
TIMELINE = "incident_id,at,share_available,text,source\n" + "".join(
    f"INC-{service},2023-09-10T10:00Z,0,Down,provider\nINC-{service},2023-09-10T12:00Z,100,Up,provider\n"
    for service in SERVICES
)


def calculated(engine, caps: dict[str, str]) -> int:
    with writing(engine) as session:
        for service, at in caps.items():
            publish_policy(session, POLICY.format(service=service, at=at), now_ms=NOW_MS, actor="ann")
    for noun, text in (
        ("partners", PARTNERS),
        ("merchants", MERCHANTS),
        ("contracts", CONTRACTS),
        ("incidents", INCIDENTS),
        ("timeline", TIMELINE),
    ):  # fmt: skip
        with writing(engine) as session:
            import_file(session, noun, text.encode(), name=f"{noun}.csv", now_ms=NOW_MS, actor="ann")
    return recalculated(engine)


def recalculated(engine) -> int:
    with writing(engine) as session:
        return calculate_run(session, SEPTEMBER, now_ms=NOW_MS, actor="ann").run_id


def rows_of(engine, run_id: int) -> list[dict]:
    with reading(engine) as session:
        return load_credits(session, run_id).to_pylist()


def credits_of(engine, run_id: int) -> list[tuple[str, str, str, int]]:
    return [
        (row["merchant_id"], row["service"], row["outcome"], row["amount_minor"]) for row in rows_of(engine, run_id)
    ]


def test_the_last_services_are_cut_at_half_of_all_fees_and_say_why(engine):
    run_id = calculated(engine, HALF)
    # Half of 299.99 is 149.995, of which half a cent is not credited.
    assert credits_of(engine, run_id) == [
        ("half", "mail", "credited", 5000),
        ("step", "apps", "credited", 8000),
        ("step", "mail", "credited", 6999),
        ("step", "sites", "nothing_owed", 0),
    ]
    reasons = [row["reason"] for row in rows_of(engine, run_id)]
    most = "the group network credits at most USD 149.99 for a month together; USD"
    assert reasons[1:] == [None, f"{most} 69.99 of it was left", f"{most} 0.00 of it was left"]


def test_statement_and_explanation_have_the_cap_as_their_last_step(engine):
    run_id = calculated(engine, HALF)
    with writing(engine) as session:
        submit_and_approve(session, run_id, now_ms=NOW_MS, actor="ben")
    with writing(engine) as session:
        issue_run(session, run_id, issuer=ISSUER, now_ms=NOW_MS, actor="ben")
    with reading(engine) as session:
        number = next(row[0] for row in list_statements(session, run_id) if row[2] == "step")
        statement = statement_from_json(load_statement(session, number).snapshot)
        told = explain(session, "step", SEPTEMBER, now_ms=NOW_MS)
    assert [str(total) for total in statement.totals] == ["USD 149.99"]
    assert [one.paid.group_cap.before for one in statement.credits] == [8000, 8000]
    assert [str(credit_of(one)[0]) for one in told] == ["USD 80.00", "USD 69.99", "USD 0.00"]
    lines = "\n".join(steps(told[1], told[1].measured.subject.policy))
    assert "the group network credits at most USD 149.99 for a month together; USD 69.99 of it was left" in lines
    assert "at most USD 149.99 for a month together, USD 149.99 of it left: not reached" in "\n".join(
        steps(told[0], told[0].measured.subject.policy)
    )


def test_policies_with_different_caps_go_to_a_person_whose_decision_stands(engine):
    run_id = calculated(engine, {**HALF, "sites": "60%"})
    assert [outcome for _, _, outcome, _ in credits_of(engine, run_id)] == ["credited", *["undefined"] * 3]
    row = next(row for row in rows_of(engine, run_id) if row["service"] == "apps")
    assert "apps v1 1/2, mail v1 1/2, sites v1 3/5; publish them with one cap" in row["reason"]
    with writing(engine) as session:
        decide_credit(
            session, run_id, row["credit_no"], Money("USD", 7000), reason="as agreed", now_ms=NOW_MS, actor="cleo"
        )
    after = credits_of(engine, recalculated(engine))
    assert after[1:] == [
        ("step", "apps", "credited", 7000), ("step", "mail", "undefined", 0), ("step", "sites", "undefined", 0),
    ]  # fmt: skip
