"""Number and code of a statement belong together, or they do not: nothing else is said."""

from __future__ import annotations

import pytest

from sla_service.db.engine import reading
from sla_service.db.statements import list_party_statements
from sla_service.domain.canonical import verification_code
from tests.web import seed


def number_and_code(site, kind="merchant", party_id=seed.LUMEN):
    with reading(site.engine) as session:
        record = list_party_statements(session, kind, party_id)[0]
        return record.number, verification_code(record.snapshot_sha256)


@pytest.mark.parametrize(("kind", "party"), [("merchant", seed.LUMEN), ("merchant", seed.KIEL), ("partner", "P-1")])
def test_a_genuine_statement_is_confirmed_without_names_or_amounts(settled, kind, party):
    number, code = number_and_code(settled, kind, party)
    for shown in (code, code.upper(), code.replace("-", ""), f" {code} "):
        response = settled.client.get(f"/verify/{number}", query_string={"code": shown})
        said = response.get_data(as_text=True)
        assert response.status_code == 200
        assert "This statement is genuine" in said
        assert "5 October 2023" in said
        assert "September 2023" in said
        for secret in ("Lumen", "Kieler", "Brightside", "29.90", "10.00", "USD", "EUR", "finance@", "kontor@"):
            assert secret not in said


def test_an_unknown_number_and_a_wrong_code_look_the_same(settled):
    number, code = number_and_code(settled)
    other = "0" if code[0] != "0" else "1"
    wrong = settled.client.get(f"/verify/{number}?code={other}{code[1:]}")
    unknown = settled.client.get(f"/verify/SCM-2023-09-7777777?code={code}")
    assert wrong.status_code == unknown.status_code == 200
    assert wrong.get_data(as_text=True).replace(number, "") == unknown.get_data(as_text=True).replace(
        "SCM-2023-09-7777777", ""
    )
    assert "We cannot confirm this statement" in wrong.get_data(as_text=True)


@pytest.mark.parametrize("code", ["", "x", "%00", "' OR 1=1 --", "zzzz-zzzz-zzzz", "a" * 5_000, "١١١١-١١١١-١١١١"])
@pytest.mark.parametrize("number", ["SCM-2023-09-0000001", "nonsense", "%00", "<script>alert(1)</script>"])
def test_nothing_that_is_typed_breaks_the_page_or_is_confirmed(settled_lite, number, code):
    response = settled_lite.client.get(f"/verify/{number}", query_string={"code": code})
    assert response.status_code in {200, 404}
    assert "genuine</h1>" not in response.get_data(as_text=True)
    assert "<script" not in response.get_data(as_text=True)


def test_without_a_code_the_page_asks_for_it(settled_lite):
    number, code = number_and_code(settled_lite)
    said = settled_lite.client.get(f"/verify/{number}").get_data(as_text=True)
    assert f"Verification code of {number}" in said
    assert code not in said
