"""Which questions are answered by a plan, which are not, and that nothing else changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from domain.access import Role
from persistence.ready.reader import Reader
from server.ready.answering import Answering
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


def test_a_read_that_is_slow_is_done_in_a_thread_from_then_on(
    browsed: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("persistence.ready.reader.STEPS", 1)
    monkeypatch.setattr("server.ready.plans.INLINE_LOOKS", 0)
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
