"""The feedback store; no browser."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.ui.postgresql import binaries, server
from ui.store import NotAgreed, Record, Store, default_path

ROOT = Path(__file__).parents[2]
SUGGESTION = {
    "op": "insert",
    "at": 0,
    "text": "I'm sorry.",
    "mechanism": "emotional_reaction",
    "scores": None,
    "reason": "Warm.",
}
RECORD = Record("id-number-1", "page 1", "my grandmother's unmistakable post", "Hi.", SUGGESTION, "accepted")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "partner" / "feedback.sqlite3"


@pytest.fixture
def store(path: Path) -> Store:
    return Store(f"sqlite:///{path}", "partner 1")


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    folder = binaries()
    if folder is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt install postgresql): the shared store is tested on SQLite only")
    with server(folder) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, path: Path) -> str:
    """Of an empty SQLite file, or of a database that the tests share as a team would."""
    return f"sqlite:///{path}" if request.param == "sqlite" else request.getfixturevalue("postgresql")


def test_nothing_is_stored_and_no_file_made_before_somebody_agrees(store: Store, path: Path) -> None:
    with pytest.raises(NotAgreed):
        store.save("somebody", [RECORD])
    assert store.agreed("somebody") is None and store.records("somebody") == [] and store.forget("somebody") == 0
    assert not path.parent.exists()


def test_what_is_stored_comes_back_with_time_and_model(url: str) -> None:
    store = Store(url, "partner 1")
    me = store.agree()
    store.save(me, [RECORD, replace(RECORD, id="id-number-2", action="edited", edited="I am sorry.")])
    store.save(me, [RECORD])  # sent again because the answer was lost
    records = store.records(me)
    assert [r["action"] for r in records] == ["accepted", "edited"] and store.count(me) == 2
    assert records[0]["model"] == "partner 1" and records[0]["time"].startswith("20") and records[0]["time"].endswith("+00:00")
    assert [json.loads(line) for line in store.export(me)] == records
    assert {"post", "history", "reply", "suggestion", "action", "edited", "time", "model"} <= set(records[0])
    assert [r["id"] for r in store.records(me, newest=1)] == ["id-number-2"]
    assert [r["id"] for r in Store(url).records(me)] == ["id-number-1", "id-number-2"], "another process sees the same"


def test_nobody_else_on_this_computer_may_read_the_file(store: Store, path: Path) -> None:
    store.save(store.agree(), [RECORD])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_one_supporter_sees_and_deletes_only_their_own(url: str) -> None:
    store = Store(url)
    me, you = store.agree(), store.agree()
    store.save(me, [replace(RECORD, id="mine")])
    store.save(you, [replace(RECORD, id="yours")])
    assert me != you and store.count(me) == 1
    assert store.forget(me) == 1
    assert store.count(you) == 1 and store.agreed(me) is None
    with pytest.raises(NotAgreed):
        store.save(me, [replace(RECORD, id="id-number-3")])


def test_deleted_words_leave_the_disk(store: Store, path: Path) -> None:
    me = store.agree()
    store.save(me, [replace(RECORD, id=f"id-number-{i}") for i in range(50)])

    def on_disk() -> bytes:
        return b"".join(file.read_bytes() for file in path.parent.iterdir())

    assert b"unmistakable" in on_disk()
    assert store.forget(me) == 50
    assert b"unmistakable" not in on_disk()


def test_the_file_is_in_the_users_own_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    if sys.platform == "linux":
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
        assert default_path() == tmp_path / "partner" / "feedback.sqlite3"
    assert "secret" not in Store("postgresql+psycopg://team:secret@db.example/partner").where


KILLED = """
import os, sys
from dataclasses import replace
from tests.ui.test_store import RECORD
from ui.store import Store
store = Store(sys.argv[1])
me = store.agree()
print(me, flush=True)
for i in range(10_000):
    store.save(me, [replace(RECORD, id=f"{me} {i}")])
    print(i, flush=True)
"""


def test_killing_the_process_loses_nothing_that_was_acknowledged(url: str) -> None:
    for round_ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, url],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": "."},
        )
        me = process.stdout.readline().strip()
        for _ in range(7 + 20 * round_):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        told = [line for line in process.stdout.read().splitlines() if line.isdigit()]
        process.wait()
        acknowledged = int(told[-1]) + 1 if told else 7 + 20 * round_
        assert Store(url).count(me) >= acknowledged
