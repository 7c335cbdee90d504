"""The line in front of the model; no browser."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor

import pytest

from ui.line import Done, Line, LineFull, Told, Waiting


def run(scene: Coroutine) -> object:
    """As `asyncio.run`, in a thread of its own: the browser's driver keeps a loop running in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, scene).result()


def test_one_at_a_time_first_come_first_served_and_everybody_gets_their_own() -> None:
    running, most, order = 0, 0, []

    def work(i: int) -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        order.append(i)
        running -= 1
        return i * i

    async def all_of_them() -> list[int]:
        line = Line(20)
        return await asyncio.gather(*(line.result(lambda i=i: work(i)) for i in range(20)))

    assert run(all_of_them()) == [i * i for i in range(20)]
    assert order == list(range(20)) and most == 1


def test_who_waits_is_told_their_place_and_one_too_many_is_told_at_once() -> None:
    gate = threading.Event()

    async def told(line: Line) -> list[object]:
        return [step async for step in line.run(lambda _: gate.wait())]

    async def scene() -> list[list[object]]:
        line = Line(3)
        waiting = [asyncio.create_task(told(line)) for _ in range(3)]
        await asyncio.sleep(0.05)
        assert len(line) == 3
        with pytest.raises(LineFull, match="3 requests"):
            await line.result(gate.wait)
        gate.set()
        done = await asyncio.gather(*waiting)
        assert len(line) == 0
        return done

    first, second, third = run(scene())
    assert first == [Waiting(0, None), Done(True)]
    assert [step.ahead for step in second[:-1]] == [1, 0]
    assert [step.ahead for step in third[:-1]] == [2, 1, 0]
    assert third[-2].seconds is not None, "the estimate comes from the calls before"


def test_what_the_work_tells_comes_before_it_is_done() -> None:
    gate = threading.Event()

    def work(tell: Callable[[str], None]) -> int:
        tell("first")
        assert gate.wait(10)
        tell("second")
        return 7

    async def scene() -> list[object]:
        seen = []
        async for step in Line(1).run(work):
            seen.append(step)
            if step == Told("first"):
                gate.set()
        return seen

    assert run(scene()) == [Waiting(0, None), Told("first"), Told("second"), Done(7)]


def test_leaving_gives_the_place_up_and_failing_holds_nobody_back() -> None:
    gate = threading.Event()

    async def scene() -> int:
        line = Line(4)
        at_work = asyncio.create_task(line.result(gate.wait))
        await asyncio.sleep(0)
        gone = asyncio.create_task(line.result(lambda: 1))
        broken = asyncio.create_task(line.result(lambda: 1 / 0))
        last = asyncio.create_task(line.result(lambda: 7))
        await asyncio.sleep(0.02)
        gone.cancel()
        at_work.cancel()  # the model cannot be stopped; the next one starts when it is done
        await asyncio.sleep(0.02)
        assert not last.done()
        gate.set()
        with pytest.raises(ZeroDivisionError):
            await broken
        value = await last
        assert len(line) == 0
        return value

    assert run(scene()) == 7
