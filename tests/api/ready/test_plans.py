"""Which questions are answered by a plan, which are not, and that nothing else changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import structlog

from domain.access import Role
from persistence.ready.reader import Reader
from server.ready.answering import Answering
from server.ready.plans import Plan
from tests.support.api import ApiClient
from tests.support.prepared import statements

PAGE = """query Page($n: Int, $after: String) { projects(page: {first: $n, after: $after}) {
  nodes { id code vatRate worksAmount { amount currency } client { name addresses { city } }
    contracts { name phases { code kind fee { amount currency } startDate } } }
  pageInfo { hasNextPage endCursor } totalCount } }"""
ONE = "query One($id: ID!) { client(id: $id) { id name createdAt } }"


@contextmanager
def plans_counted() -> Iterator[list[bool]]:
    """Whether each operation meanwhile was answered by a plan."""
    found: list[bool] = []
    kept = Answering.answer

    async def noted(self: Answering, *given: Any, **named: Any) -> Any:
        answer = await kept(self, *given, **named)
        found.append(answer is not None)
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Answering, "answer", noted)
        yield found


def test_r10_a_page_takes_one_statement_and_one_more_a_list(browsed_any: ApiClient) -> None:
    browsed_any.query(PAGE, n=5)
    with statements(browsed_any) as told, plans_counted() as by_plan:
        browsed_any.query(PAGE.replace("totalCount", ""), n=5)
    assert by_plan == [True]
    assert len(told) == 4, told


def test_the_first_time_and_every_other_the_answer_is_the_same(browsed_any: ApiClient) -> None:
    for text, given in ((PAGE, {"n": 3}), (ONE, {"id": "client_1"}), (ONE, {"id": "client_0"})):
        marked = f"{text} # {browsed_any.language}"
        with plans_counted() as by_plan:
            answers = [browsed_any.send(marked, given).json() for _ in range(3)]
        assert all(by_plan)
        assert answers[0]["data"] == answers[1]["data"] == answers[2]["data"]
        assert (
            answers[0]["extensions"]["cost"]["price"] == answers[2]["extensions"]["cost"]["price"]
        )


@pytest.mark.parametrize(
    ("text", "given", "code"),
    [
        (PAGE, {"n": 0}, "PAGE_SIZE_INVALID"),
        (PAGE, {"n": 3, "after": "nonsense"}, "CURSOR_INVALID"),
        (ONE, {"id": "project_1"}, "ID_INVALID"),
    ],
)
def test_a_refusal_is_said_as_ever(
    browsed: ApiClient, text: str, given: dict[str, Any], code: str
) -> None:
    browsed.send(text, {"n": 1} if text == PAGE else {"id": "client_1"})
    with plans_counted() as by_plan:
        (error,) = browsed.errors(text, **given)
    assert error["extensions"]["code"] == code
    assert not any(by_plan)


def test_who_reaches_a_part_of_the_firm_is_answered_by_the_executor(firm: ApiClient) -> None:
    manager = firm.as_manager("P-2026-001")
    with plans_counted() as by_plan:
        manager.query(ONE, id="client_1")
        manager.query(ONE, id="client_1")
    assert by_plan
    assert not any(by_plan)


def test_a_role_that_may_not_is_refused_by_a_plan_too(firm: ApiClient) -> None:
    text = "{ invoices { nodes { id } } }"
    firm.query(text)
    (error,) = firm.with_role(Role.COLLABORATOR).errors(text)
    assert error["extensions"]["code"] == "PERMISSION_DENIED"


def test_what_is_worked_out_for_all_rows_is_left_to_the_executor(browsed: ApiClient) -> None:
    text = "{ phases(page: {first: 2}) { nodes { id figures { progress } } } }"
    with plans_counted() as by_plan:
        browsed.query(text)
        browsed.query(text)
    assert not any(by_plan)


def test_an_answer_that_would_be_too_large_is_ended_by_the_executor(
    browsed: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    browsed.query(PAGE, n=5)
    monkeypatch.setattr("server.ready.answering.ANSWER_BYTES", 100)
    monkeypatch.setattr("server.breathing.ANSWER_BYTES", 100)
    (error,) = browsed.errors(PAGE, n=5)
    assert error["extensions"]["code"] == "ANSWER_TOO_LARGE"


@pytest.mark.parametrize("text", ['{ client(id: "no") { id } }', "{ projects { nodes { id } } }"])
def test_a_plan_that_gives_up_is_tried_once_a_request(
    browsed: ApiClient, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """Refused or too large: the executor says so, and no plan works for it again."""
    monkeypatch.setattr("server.ready.answering.ANSWER_BYTES", 10)
    kept, tries = Plan.answer, []

    async def noted(self: Plan, *given: Any, **named: Any) -> str:
        tries.append(self)
        return await kept(self, *given, **named)

    monkeypatch.setattr(Plan, "answer", noted)
    for turn in (1, 2):
        browsed.send(f"{text} # once")
        assert len(tries) == turn


def test_a_read_that_is_slow_is_done_in_a_thread_from_then_on(
    browsed: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("persistence.ready.inline.STEPS", 1)
    monkeypatch.setattr("server.ready.sitting.INLINE_LOOKS", 0)
    Reader.of(browsed.house.database).close()
    text = f"{PAGE} # slow"
    with plans_counted() as by_plan:
        answers = [browsed.query(text, n=4) for _ in range(3)]
    Reader.of(browsed.house.database).close()
    assert answers[0] == answers[1] == answers[2]
    assert all(by_plan)


def test_what_is_done_anew_by_the_executor_is_paid_once(
    firm: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    firm.query(ONE, id="client_1")

    def left() -> Any:
        return firm.send(ONE, {"id": "client_1"}).json()["extensions"]["cost"]

    async def fails(*given: Any, **named: Any) -> None:
        return None

    before = left()
    monkeypatch.setattr(Answering, "answer", fails)
    after = left()
    assert before["remaining"] - after["remaining"] <= after["price"]


def test_conditions_make_a_plan_each_and_a_missing_one_none(browsed: ApiClient) -> None:
    text = """query C($is: Boolean = true) { clientByCode(code: "C-001") {
        id name @include(if: $is) siret @skip(if: $is) } }"""
    with plans_counted() as by_plan:
        shown = [browsed.query(text, **given) for given in ({"is": True}, {"is": False}, {})]
    assert by_plan[:2] == [True, True]
    assert not any(by_plan[2:])
    assert shown[0] == shown[2] != shown[1] or shown[0]["clientByCode"] is None


CIRCLE = """query Circle($id: ID!) { phase(id: $id) { contract { phases { contract { phases {
    contract { phases { id name } } } } } } } }"""


def test_a_circle_is_left_to_the_executor_which_breathes(
    browsed: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few rows, each below all of the others, come to any number of values."""
    phase = browsed.query("{ phases(page: {first: 1}) { nodes { id } } }")["phases"]["nodes"][0]
    with plans_counted() as by_plan:
        whole = browsed.query(CIRCLE, **phase)
    assert any(by_plan)
    monkeypatch.setattr("server.ready.rows.MOST_TEXT", 1_000)
    with plans_counted() as by_plan:
        again = browsed.query(CIRCLE, **phase)
    assert not any(by_plan)
    assert again == whole


def test_fields_that_are_too_long_together_are_left_to_the_executor(
    browsed: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    field = "projects(page: {first: 5}) { nodes { id name } }"
    one, several = f"{{ {field} }}", f"{{ a: {field} b: {field} c: {field} }}"
    size = len(browsed.send(one).content)
    whole = browsed.query(several)
    monkeypatch.setattr("server.ready.plans.MOST_TEXT", 2 * size)
    with plans_counted() as by_plan:
        browsed.query(one)
        again = browsed.query(several)
    assert by_plan[:1] == [True]
    assert not any(by_plan[1:])
    assert again == whole


def test_an_answer_grown_in_a_circle_is_ended_while_it_grows(
    browsed: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    phase = browsed.query("{ phases(page: {first: 1}) { nodes { id } } }")["phases"]["nodes"][0]
    monkeypatch.setattr("server.ready.rows.MOST_TEXT", 0)
    monkeypatch.setattr("server.breathing.ANSWER_BYTES", 3_000)
    (error,) = browsed.errors(CIRCLE, **phase)
    assert error["extensions"]["code"] == "ANSWER_TOO_LARGE"


def test_what_looks_through_texts_is_never_read_on_the_loop(browsed: ApiClient) -> None:
    """One step of it may take as long as a text is."""
    text = "query L($text: String) { projects(filter: {text: $text}) { nodes { id } } }"
    loop: list[bool] = []
    kept = Reader.snapshot

    def noted(self: Reader, firm: int, looks: int | None = None) -> Any:
        loop.append(looks is not None)
        return kept(self, firm, looks)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Reader, "snapshot", noted)
        for _ in range(4):
            browsed.query(text, text="a")
    assert loop[-1] is False
    assert loop.count(True) <= 1


def test_nobody_spoils_the_plans_of_others(browsed: ApiClient) -> None:
    text = """query Named($is: Boolean!) { clients(page: {first: 1}) {
        nodes { id @include(if: $is) name } } }"""
    body = {"query": text, "variables": {"is": "no truth"}}
    for name in ("Wrong", "Other", *(f"N{one}" for one in range(12))):
        browsed.http.post("/graphql", json={**body, "operationName": name}, headers=browsed.headers)
        browsed.http.post("/graphql", json=body, headers=browsed.headers)
    with plans_counted() as by_plan:
        for name in ("Named", None):
            asked = {"query": text, "variables": {"is": True}, "operationName": name}
            answer = browsed.http.post("/graphql", json=asked, headers=browsed.headers).json()
            assert answer["data"]["clients"]["nodes"]
    assert all(by_plan)


def test_a_fault_of_a_plan_is_noted_once_and_the_plan_rests(
    browsed: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"{ONE} # at fault"
    browsed.query(text, id="client_1")

    async def broken(*given: Any, **named: Any) -> None:
        raise TypeError("a name that moved")

    monkeypatch.setattr("server.ready.plans.PlannedField.answer", broken)
    with structlog.testing.capture_logs() as entries:
        for _ in range(6):
            assert browsed.query(text, id="client_1")["client"]["id"] == "client_1"
    assert [one["error"] for one in entries if one["event"] == "plan failed"] == ["TypeError"]
    monkeypatch.undo()
    with plans_counted() as by_plan:
        browsed.query(text, id="client_1")
    assert not any(by_plan), "it rests"
