"""The line in front of the model: one request at a time, first come first served, and never more than fit.

The model fills the processor, so two requests at once would both be slower. Everybody who waits can ask where they
stand, and whoever finds the line full is told so at once instead of waiting in vain.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class LineFull(RuntimeError):
    """Too many people are waiting."""

    def __init__(self, waiting: int) -> None:
        super().__init__(f"{waiting} requests are waiting already")
        self.waiting = waiting


@dataclass(frozen=True)
class Waiting:
    """Where a request stands.

    Attributes:
        ahead: requests before this one, the one at work included; 0 means this one is at work.
        seconds: how long the requests ahead and this one should take, after the last ones; None before the first.
    """

    ahead: int
    seconds: float | None


@dataclass(frozen=True)
class Told(Generic[T]):
    """Something the work told before it was done."""

    value: T


@dataclass(frozen=True)
class Done(Generic[T]):
    """What the work returned."""

    value: T


class Line:
    """Runs one piece of work after the other in a thread.

    Args:
        size: most requests at a time, the one at work included.
    """

    def __init__(self, size: int = 40) -> None:
        self._size = size
        self._tickets: deque[object] = deque()
        self._moved = asyncio.Event()
        self._recent: deque[float] = deque(maxlen=8)

    def __len__(self) -> int:
        return len(self._tickets)

    async def run(self, work: Callable[[Callable[[Any], None]], T]) -> AsyncGenerator[Waiting | Told[Any] | Done[T], None]:
        """Yields a `Waiting` whenever the place changes, a `Told` for what the work tells, then one `Done`.

        Leaving early gives the place up.

        Args:
            work: called in a thread with a function that it may tell results to as they come.

        Raises:
            LineFull: at once, if `size` requests are in the line.
            Exception: what `work` raised.
        """
        if len(self._tickets) >= self._size:
            raise LineFull(len(self._tickets))
        ticket = object()
        self._tickets.append(ticket)
        task: asyncio.Task[T] | None = None
        try:
            told = None
            while self._tickets[0] is not ticket:
                place = self._tickets.index(ticket)
                if place != told:
                    told = place
                    yield Waiting(place, self._estimate(place + 1))
                await self._moved.wait()
            yield Waiting(0, self._estimate(1))
            started = time.monotonic()
            news: asyncio.Queue[Any] = asyncio.Queue()
            loop, end = asyncio.get_running_loop(), object()
            task = asyncio.create_task(asyncio.to_thread(work, lambda told: loop.call_soon_threadsafe(news.put_nowait, told)))
            task.add_done_callback(lambda _: news.put_nowait(end))
            while (told := await news.get()) is not end:
                yield Told(told)
            value = task.result()
            self._recent.append(time.monotonic() - started)
        finally:
            if task and not task.done():  # the asker left while the model was at work; the next one starts after it
                task.add_done_callback(lambda done: (done.exception(), self._leave(ticket)))
            else:
                self._leave(ticket)
        yield Done(value)  # after leaving, so that somebody slow to read it holds nobody back

    async def result(self, work: Callable[[], T]) -> T:
        """What `work` returns, once it has had its turn; raises as `run`."""
        async with aclosing(self.run(lambda _: work())) as steps:
            async for step in steps:
                if isinstance(step, Done):
                    return step.value
        raise AssertionError("a line always ends with the result or an exception")

    def _estimate(self, calls: int) -> float | None:
        return round(calls * sum(self._recent) / len(self._recent), 1) if self._recent else None

    def _leave(self, ticket: object) -> None:
        self._tickets.remove(ticket)
        self._moved.set()
        self._moved = asyncio.Event()
