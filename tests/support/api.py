"""The API as a caller has it: a running application, a firm of its own, a key, and questions.

with open_api(database_url, tmp_path) as api:
    data = api.query("query($code: String!) { clientByCode(code: $code) { name } }", code="C1")
    data = api.upload(
        "mutation($file: Upload!) { … }", files={"variables.file": ("a.xlsx", content)}
    )
    reader = api.with_role(Role.READER)
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import strawberry
from pydantic import SecretStr
from sqlalchemy import select
from starlette.testclient import TestClient

from domain.access import ApiKey, Role
from domain.collaborator import Collaborator
from domain.project.model import Project
from domain.project.team import ProjectCollaborator
from persistence.engine import PATIENCE
from persistence.files import Files
from persistence.founding import found
from persistence.organisations import create_key, organisation_codes, organisation_named
from persistence.session import Database
from schema.context import House
from server.app import create_app
from server.settings import PREFIX, Settings
from tests.support.databases import lent
from tests.support.whole import answering_whole

FIRM_FILE = Path(__file__).parents[1] / "fixtures" / "clean" / "organisation.json"
SECRET = "a secret of the tests, thirty-two characters and more"
KEPT_KEY = ("0123456789abcdef", "the secret of the key of prepared databases")
"""Its public half and its secret."""
_OF_KEPT_KEY = select(ApiKey.organisation_id).where(ApiKey.public_id == KEPT_KEY[0])

FileParts = Mapping[str, tuple[str, bytes]]
"""Files of a multipart request by the place they go to: {"variables.file": ("a.xlsx", b"…")}."""


class Refused(AssertionError):
    """The answer has top-level errors where data was expected."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__(json.dumps(errors, ensure_ascii=False, indent=1))
        self.errors = errors


@dataclass(frozen=True)
class ApiClient:
    """A caller: the application, a key of one firm, and a language."""

    http: TestClient
    house: House
    organisation_id: int
    token: str
    language: str = "en"

    def query(self, text: str, /, **variables: Any) -> dict[str, Any]:
        """The data of an operation; Refused when there are top-level errors."""
        return _data(self.send(text, variables).json())

    def errors(self, text: str, /, **variables: Any) -> list[dict[str, Any]]:
        """The top-level errors of an operation that must have some."""
        answer = self.send(text, variables).json()
        assert answer.get("errors"), answer
        return list(answer["errors"])

    def upload(self, text: str, /, *, files: FileParts, **variables: Any) -> dict[str, Any]:
        """The data of an operation sent with files, as the multipart request specification says."""
        return _data(self.send_files(text, files, variables).json())

    def send(self, text: str, variables: Mapping[str, Any] | None = None, **headers: str) -> Any:
        """The whole HTTP answer of an operation."""
        body = {"query": text, "variables": dict(variables or {})}
        return self.http.post("/graphql", json=body, headers={**self.headers, **headers})

    def send_files(self, text: str, files: FileParts, variables: Mapping[str, Any]) -> Any:
        """The whole HTTP answer of an operation with files."""
        asked: dict[str, Any] = {"query": text, "variables": json.loads(json.dumps(variables))}
        for path in files:
            _make_room(asked, path.split("."))
        form = {
            "operations": json.dumps(asked),
            "map": json.dumps({str(place): [path] for place, path in enumerate(files)}),
        }
        parts = {str(place): file for place, file in enumerate(files.values())}
        headers = {**self.headers, "GraphQL-Preflight": "1"}
        return self.http.post("/graphql", data=form, files=parts, headers=headers)

    def get(self, address: str) -> bytes:
        """The content of a signed address that an answer gave."""
        response = self.http.get(address)
        assert response.status_code == 200, response.text
        return bytes(response.content)

    def put(self, address: str, content: bytes) -> None:
        """Sends `content` to the signed address of a staged upload."""
        response = self.http.put(address, content=content)
        assert response.status_code == 204, response.text

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Accept-Language": self.language}

    def with_role(self, role: Role, **reach: Any) -> ApiClient:
        """Another caller of the same firm; `reach` as `create_key` takes it."""
        name = role.value.lower()
        with self.house.database.writing(self.organisation_id) as session:
            return replace(self, token=create_key(session, role=role, name=name, **reach))

    def as_manager(self, *projects: str, role: Role = Role.PROJECT_MANAGER) -> ApiClient:
        """A collaborator of the firm who is on the team of these projects alone, of all if none."""
        with self.house.database.writing(self.organisation_id) as session:
            wanted = select(Project.id).order_by(Project.id)
            keys = session.scalars(wanted.where(Project.code.in_(projects)) if projects else wanted)
            person = Collaborator(first_name="Ma", last_name="Nager", email=f"{uuid4().hex}@x.test")
            session.add(person)
            session.flush()
            session.add_all(
                ProjectCollaborator(project_id=key, collaborator_id=person.id) for key in keys
            )
            known = person.id
        return self.with_role(role, collaborator_id=known)

    def in_language(self, language: str) -> ApiClient:
        """The same caller, speaking "fr" or "en"."""
        return replace(self, language=language)

    def of_another_firm(self, code: str = "other") -> ApiClient:
        """An administrator of another firm in the same installation."""
        return caller_of(self.http, self.house, firm(), code)


@contextmanager
def open_api(
    database_url: str,
    folder: Path,
    *,
    described: dict[str, Any] | None = None,
    clock: Callable[[], datetime] | None = None,
    schema: strawberry.Schema | None = None,
    patience: float = PATIENCE,
    **settings: Any,
) -> Iterator[ApiClient]:
    """The application on a migrated database, with its firm and a new key of an administrator.

    The firm is the one a prepared database holds already, with its key, else a new one. Nothing is
    left to jobs.
    """
    with lent(database_url, patience=patience) as database:
        house = House(
            database=database,
            files=Files.at(folder.joinpath("files").as_uri()),
            secret=SECRET.encode(),
            clock=clock or _now,
            mail_from=settings.get("mail_from"),
            public_url=settings.get("public_url", ""),
            handover_folder=settings.get("handover_folder"),
            webhooks_private=settings.get("webhooks_private", False),
        )
        app = create_app(_settings(database_url, settings), house=house, schema=schema)
        with answering_whole(TestClient(app, base_url="http://localhost")) as http:
            yield _kept_caller(http, house) or caller_of(http, house, described or firm(), "test")


def found_firm(database_url: str) -> None:
    """Founds the firm "test" in a migrated database, with the key that it keeps."""
    with lent(database_url) as database:
        with database.writing(None) as session:
            organisation_id = found(session, described=firm(), code="test").id
        keep_key(database, organisation_id)


def keep_key(database: Database, organisation_id: int) -> None:
    """Gives the firm the key by which `open_api` asks of each copy of its database.

    To give each copy one of its own, audited and sealed, takes longer than to open the application.
    """
    public_id, secret = KEPT_KEY
    hashed = sha256(secret.encode()).hexdigest()
    with database.writing(organisation_id) as session:
        key = ApiKey(public_id=public_id, secret_sha256=hashed, role=Role.ADMINISTRATOR)
        key.name = "tests"
        session.add(key)


def _kept_caller(http: TestClient, house: House) -> ApiClient | None:
    with house.database.reading(None) as session:
        known = session.scalar(_OF_KEPT_KEY)
    return known and ApiClient(http, house, known, "_".join(("jalon", *KEPT_KEY)))


_KNOWN: dict[Any, Settings] = {}


def _settings(database_url: str, named: dict[str, Any]) -> Settings:
    """Read once for each way they are named and each environment: that takes as long as a query."""
    around = {name: value for name, value in os.environ.items() if name.upper().startswith(PREFIX)}
    # Secrets hide themselves from `repr`.
    key = (repr(sorted(map(_told, named.items()))), repr(sorted(around.items())))
    if key not in _KNOWN:
        _KNOWN[key] = Settings(database_url=database_url, secret=SecretStr(SECRET), **named)
    return _KNOWN[key].model_copy(update={"database_url": database_url})


def _told(named: tuple[str, Any]) -> tuple[str, str]:
    name, value = named
    several = value if isinstance(value, (list, tuple)) else [value]
    open_ones = [one.get_secret_value() if isinstance(one, SecretStr) else one for one in several]
    return name, repr(open_ones)


def firm() -> dict[str, Any]:
    """The content of the file that the firm of the tests is founded from."""
    described: dict[str, Any] = json.loads(FIRM_FILE.read_text(encoding="utf-8"))
    return described


def caller_of(http: TestClient, house: House, described: dict[str, Any], code: str) -> ApiClient:
    """A new key of an administrator of the firm `code`, which is founded where it is not there."""
    with house.database.writing(None) as session:
        if code in organisation_codes(session):
            organisation_id = organisation_named(session, code).id
        else:
            organisation_id = found(session, described=described, code=code).id
    with house.database.writing(organisation_id) as session:
        token = create_key(session, role=Role.ADMINISTRATOR, name="tests")
    return ApiClient(http, house, organisation_id, token)


def _now() -> datetime:
    return datetime.now(UTC)


def _data(answer: dict[str, Any]) -> dict[str, Any]:
    if answer.get("errors"):
        raise Refused(answer["errors"])
    data: dict[str, Any] = answer["data"]
    return data


def _make_room(asked: dict[str, Any], steps: list[str]) -> None:
    """Puts the null that the specification wants where a file will go."""
    place: Any = asked
    for step, following in pairwise(steps):
        if isinstance(place, list):
            place = place[int(step)]
        else:
            place = place.setdefault(step, [] if following.isdecimal() else {})
    if isinstance(place, list):
        place.append(None)
    else:
        place[steps[-1]] = None
