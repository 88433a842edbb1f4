"""A job followed by subscription: as it is, at each change, to its end (API.md 9)."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import websockets

from domain.job import JobKind
from persistence.jobs import ask_for
from resolvers._watching import JobWatch
from tests.jobs.processes import CANCEL, Gate, followed, process, sent
from tests.jobs.servers import installed, long_file
from tests.support.sockets import CHANGED, PROTOCOL, connected, heard, subscribe
from tests.support.takeover import confirm, send


def test_a_job_of_another_process_is_followed_to_its_end(database_url: str, tmp_path: Path) -> None:
    """One process is asked and follows, another one does the job, on either database."""
    gate = Gate()
    with process(database_url, tmp_path, awake=False) as api:
        review = sent(api)
        confirm(api, review)
        job = followed(api, review)["job"]["id"]
        with connected(api) as socket:
            subscribe(socket, job)
            first = socket.receive_json()["payload"]["data"]["jobChanged"]
            assert (first["id"], first["status"]) == (job, "QUEUED")
            with process(database_url, tmp_path, gate=gate):
                assert gate.reached.wait(20)
                running = socket.receive_json()["payload"]["data"]["jobChanged"]
                assert running["status"] == "RUNNING"
                gate.is_open.set()
                *told, last = heard(socket)
            assert last["type"] == "complete"
            states = [one["payload"]["data"]["jobChanged"] for one in told]
            assert states[-1]["status"] == "SUCCEEDED"
            assert states[-1]["finishedAt"] is not None
            assert {one["status"] for one in states[:-1]} <= {"RUNNING"}


def test_how_far_it_is_and_that_it_was_cancelled_is_told(sqlite_url: str, tmp_path: Path) -> None:
    gate = Gate()
    with process(sqlite_url, tmp_path, gate=gate) as api:
        review = sent(api)
        confirm(api, review)
        assert gate.reached.wait(20)
        job = followed(api, review)["job"]["id"]
        with connected(api) as socket:
            subscribe(socket, job)
            now = socket.receive_json()["payload"]["data"]["jobChanged"]
            assert (now["status"], now["progress"]["phase"]) == ("RUNNING", "PLANNING")
            assert api.query(CANCEL, id=job)["jobCancel"]["userErrors"] == []
            gate.is_open.set()
            *told, last = heard(socket)
            assert last["type"] == "complete"
            assert told[-1]["payload"]["data"]["jobChanged"]["status"] == "CANCELLED"


def test_one_look_serves_all_who_follow_and_none_is_taken_for_nobody(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[list[int]] = []
    look = JobWatch._look

    def counted(self: JobWatch, jobs: list[int]) -> Any:
        looks.append(jobs)
        return look(self, jobs)

    monkeypatch.setattr(JobWatch, "_look", counted)
    with process(sqlite_url, tmp_path, awake=False) as api:
        with api.house.database.writing(api.organisation_id) as session:
            jobs = [
                ask_for(
                    session, kind=JobKind.INVOICES_PRINT, subject_id=0, values={}, author="x"
                ).id
                for _ in range(3)
            ]

        async def follow() -> None:
            watch = JobWatch(api.house, every=0.01)
            with watch.bell_of(jobs[0]) as one, watch.bell_of(jobs[0]), watch.bell_of(jobs[1]):
                await asyncio.wait_for(one.wait(), 5)
                one.clear()
                for _ in range(20):
                    await asyncio.sleep(0.01)
                assert not one.is_set()
            rounds = watch._rounds
            assert rounds is not None
            await asyncio.wait_for(rounds, 5)
            assert looks
            assert all(set(look) <= {jobs[0], jobs[1]} for look in looks)
            # Rounds of 10 ms for 200 ms, whoever follows.
            assert len(looks) <= 25
            with watch.bell_of(jobs[2]) as again:
                await asyncio.wait_for(again.wait(), 5)

        asyncio.run(follow())


def test_a_long_import_is_followed_over_the_network(sqlite_url: str, tmp_path: Path) -> None:
    """A real server, a real client: whoever is killed in between is another test."""
    with installed(sqlite_url, tmp_path).serving() as [(server, api)]:
        review = send(api, long_file("S"), filename="clients.csv")
        assert confirm(api, review, warnings=True)["userErrors"] == []
        job = followed(api, review)["job"]["id"]
        states = asyncio.run(_states(server.address, api.token, job))
        assert states[-1]["status"] == "SUCCEEDED"
        assert all(one["status"] in ("QUEUED", "RUNNING") for one in states[:-1])
        asyncio.run(_too_large(server.address))


async def _states(address: str, token: str, job: str) -> list[dict[str, Any]]:
    found = []
    async with websockets.connect(
        address.replace("http", "ws") + "/graphql", subprotocols=[websockets.Subprotocol(PROTOCOL)]
    ) as socket:
        greeting = {"authorization": f"Bearer {token}"}
        await socket.send(json.dumps({"type": "connection_init", "payload": greeting}))
        assert json.loads(await socket.recv()) == {"type": "connection_ack"}
        asked = {"query": CHANGED, "variables": {"id": job}}
        await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": asked}))
        async for text in socket:
            message = json.loads(text)
            if message["type"] == "complete":
                break
            found.append(message["payload"]["data"]["jobChanged"])
    return found


async def _too_large(address: str) -> None:
    """What the server itself refuses, before it is put together."""
    async with websockets.connect(
        address.replace("http", "ws") + "/graphql", subprotocols=[websockets.Subprotocol(PROTOCOL)]
    ) as socket:
        await socket.send("x" * 1_000_000)
        with pytest.raises(websockets.ConnectionClosed) as ended:
            await asyncio.wait_for(socket.recv(), 10)
        assert ended.value.rcvd is not None
        assert ended.value.rcvd.code == 1009
