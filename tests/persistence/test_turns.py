"""Turns come in line, one at a time, and nobody's is lost."""

from __future__ import annotations

import threading
import time

from persistence.turns import Turn


def test_turns_come_in_the_order_they_were_asked_for() -> None:
    turn, came = Turn(), []
    assert turn.acquire()
    threads = []
    for number in range(8):

        def take(number: int = number) -> None:
            assert turn.acquire(timeout=60)
            came.append(number)
            turn.release()

        threads.append(threading.Thread(target=take))
        threads[-1].start()
        while len(turn._line) < number + 1:
            time.sleep(0.001)
    turn.release()
    for one in threads:
        one.join(60)
    assert came == list(range(8))


def test_who_gives_up_leaves_the_line_to_the_others() -> None:
    turn = Turn()
    assert turn.acquire()
    assert not turn.acquire(timeout=0)
    assert not turn.acquire(timeout=0.01)
    turn.release()
    assert turn.acquire(timeout=0)
    turn.release()


def test_one_at_a_time_under_a_storm() -> None:
    turn, held, most, taken = Turn(), 0, 0, 0

    def storm() -> None:
        nonlocal held, most, taken
        for number in range(200):
            if not turn.acquire(timeout=0.0005 if number % 3 else -1):
                continue
            held += 1
            most = max(most, held)
            taken += 1
            held -= 1
            turn.release()

    threads = [threading.Thread(target=storm) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert most == 1
    assert taken >= 6 * 67
    assert turn.acquire(timeout=0)


def test_several_places_are_taken_and_given_back_one_by_one() -> None:
    turn = Turn(2)
    assert turn.acquire(timeout=0)
    assert turn.acquire(timeout=0)
    assert not turn.acquire(timeout=0)
    turn.release()
    assert turn.acquire(timeout=0)
    turn.release()
    turn.release()
    assert turn.acquire(timeout=0)
    assert turn.acquire(timeout=0)
    assert not turn.acquire(timeout=0)
