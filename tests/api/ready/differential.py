"""The same question answered twice: by its plan, and by the executor of the library."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest
import strawberry
from sqlalchemy import create_engine

from domain.access import Role
from persistence.files import Files
from persistence.founding import found
from persistence.migrate import migrate
from persistence.ready.inline import STAYS
from persistence.ready.reader import Reader
from persistence.session import Database
from schema.context import Caller, Context, House
from server.asking import Asked
from server.breathing import Breathing
from server.firm_file import read_firm_file
from server.graphql import documents_of, jalon_schema
from server.ready.answering import Answered
from tests.api.ready.broken_firms import fill, mark
from tests.api.ready.questions import Questions
from tests.support.api import FIRM_FILE, SECRET
from tests.support.databases import owner


@dataclass
class Tally:
    """What came of the questions."""

    asked: int = 0
    by_plan: int = 0
    """Answered by a plan, in both ways."""
    with_errors: int = 0
    rows: int = 0
    """Characters of answers that a plan gave."""


def two_firms(url: str) -> tuple[int, int]:
    """Founds two firms in an empty database."""
    migrate(url)
    database = Database(url)
    keys = []
    try:
        for code in ("first", "second"):
            with database.writing(None) as session:
                keys.append(found(session, described=read_firm_file(FIRM_FILE), code=code).id)
    finally:
        database.close()
    return keys[0], keys[1]


class Differential:
    """Two firms full of odd rows, and somebody who asks in the name of the first."""

    def __init__(self, url: str, folder: Path, seed: int) -> None:
        self.seed = seed
        self.firms = two_firms(url)
        self._database = Database(url)
        # A connection that nobody made ready keeps no rule of SQLite.
        engine = create_engine(url) if self._database.is_sqlite else owner(self._database)
        fill(engine, Random(seed), self.firms)
        files = Files.at(folder.joinpath("files").as_uri())
        self._house = House(self._database, files, SECRET.encode())
        self._schema: strawberry.Schema = jalon_schema()
        self._documents = documents_of(self._schema)
        self._caller = Caller(self.firms[0], "first", Role.ADMINISTRATOR, "fuzz", "en")
        self.tally = Tally()

    def run(self, questions: int, seed: int) -> Tally:
        """Asks so many; AssertionError where the two answers differ, or tell of the other firm."""
        asyncio.run(self._run(questions, seed))
        return self.tally

    def close(self) -> None:
        self._database.close()

    async def _run(self, count: int, seed: int) -> None:
        questions = Questions(self._schema._schema, Random(seed))
        while self.tally.asked < count:
            text, variables, root = questions.next()
            found = await self.ask(text, variables)
            if found is not None:
                questions.remember(root, found.data)

    async def ask(self, text: str, variables: dict[str, Any]) -> Any:
        """The executor's answer, once the plan gave the same; None of what is no question."""
        context = Context(self._house, self._caller)
        expected = await self._by_executor(text, variables, is_compiling=False)
        compiled = await self._by_executor(text, variables, is_compiling=True)
        if expected.data is None and not any(error.path for error in expected.errors or ()):
            # Fields of one name that do not go together, and the like.
            return None
        await self._schema.execute(text, variables, context_value=context)
        self.tally.asked += 1
        self.tally.with_errors += bool(expected.errors)
        told = f"seed {self.seed}\n{text}\n{json.dumps(variables)}"
        assert _said(compiled) == _said(expected), f"{told}\n{_said(compiled)}\n{_said(expected)}"
        by_plan = True
        for is_other in (False, True):
            with self._reading(is_other=is_other):
                ready = await self._documents.ready(Asked(text, variables, None), context)
            if ready is None:
                by_plan = False
            else:
                self._is_the_same(ready.answered, expected, told)
        self.tally.by_plan += by_plan
        return expected

    @contextmanager
    def _reading(self, *, is_other: bool) -> Iterator[None]:
        """SQLite's rows come one by one or as one value; PostgreSQL's to the loop or a thread."""
        Reader.of(self._database).crowd.stays = STAYS if is_other else 0
        with pytest.MonkeyPatch.context() as patch:
            if is_other:
                patch.setattr(Reader, "awaited", lambda self: None)
            yield

    def _is_the_same(self, answered: Answered, expected: Any, told: str) -> None:
        given = json.dumps(answered.values)
        self.tally.rows += len(given)
        assert expected.errors is None, f"{told}\n{expected.errors}"
        assert given == json.dumps(expected.data), f"{told}\n{given}\n{expected.data}"
        assert answered.written == orjson.dumps(expected.data), told
        assert mark(self.firms[1]) not in answered.written.decode(), told

    async def _by_executor(
        self, text: str, variables: dict[str, Any], *, is_compiling: bool
    ) -> Any:
        answering, context = self._documents.answering, Context(self._house, self._caller)
        kept, answering.schema = answering.schema, None
        Breathing.is_compiling = is_compiling
        try:
            known = self._documents._known.get(text)
            if known is not None:
                known.plans.known.clear()
            return await self._schema.execute(text, variables, context_value=context)
        finally:
            answering.schema = kept
            Breathing.is_compiling = True


def _said(answer: Any) -> str:
    """All that an answer says: its data as they stand there, and where each error's null landed.

    Of an answer without data only that: which of several errors ended it first is chance. So it is
    within an object whose null is the fault of one of two fields: a list takes its turn.
    """
    errors = answer.errors or ()
    if answer.data is None:
        return "no data" if errors else "nothing"
    landed = sorted(map(str, (_landed(answer.data, one.path or ()) for one in errors)))
    return json.dumps([answer.data, landed])


def _landed(data: Any, path: Sequence[str | int]) -> list[str | int]:
    """The part of an error's path down to the null that it left in the data."""
    for depth, step in enumerate(path):
        if data is None:
            return list(path[:depth])
        data = data[step]
    assert data is None, (path, data)
    return list(path)
