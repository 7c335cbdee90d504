"""What supporters decided about suggestions, kept only for those who agreed to it.

Nothing is stored, and no file is made, before somebody agrees. Agreeing makes a random number that the supporter's
browser keeps; every record carries it, and seeing, exporting and deleting work on the records of one number. By default
the records are in an SQLite file in the user's own data folder; any other database that SQLAlchemy reaches can be named
by its URL, so that a team shares one.

`Store.save` returns when the records are on disk: SQLite syncs every commit (`synchronous=FULL`), a server database
answers after its own commit. Deleted records are overwritten in the file (`secure_delete`).
"""

from __future__ import annotations

import json
import os
import secrets
import threading
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Literal

import platformdirs
from sqlalchemy import JSON, ForeignKey, Text, create_engine, delete, event, func, make_url, select
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

Action = Literal["accepted", "edited", "rejected", "undone", "flagged"]
Flag = Literal["harmful", "wrong", "not how people talk", "other"]
FLAGS: tuple[Flag, ...] = ("harmful", "wrong", "not how people talk", "other")


class NotAgreed(PermissionError):
    """This supporter has not agreed to feedback being stored."""


class _Base(DeclarativeBase):
    pass


class _Supporter(_Base):
    __tablename__ = "supporters"
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    agreed: Mapped[str] = mapped_column(Text)


class _Decision(_Base):
    __tablename__ = "decisions"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(Text, unique=True)
    supporter: Mapped[str] = mapped_column(ForeignKey("supporters.id"), index=True)
    time: Mapped[str] = mapped_column(Text)
    record: Mapped[dict[str, Any]] = mapped_column(JSON)


@dataclass(frozen=True)
class Record:
    """One decision of a supporter about one suggestion.

    Attributes:
        id: made by the browser, so that a record sent twice is kept once.
        session: one opened page; decisions of a session follow each other.
        post, history, reply: the conversation as it was before the decision; `history` as `[role, text]` pairs.
        suggestion: the suggestion as `Suggestion.to_json` writes it; `at` counts the sentences of `reply`.
        action: what the supporter did. `edited` means accepted with changes, `undone` takes the decision `of` back.
        edited: the sentence as the supporter changed it, for `edited`.
        of: the id of the decision that `undone` is about.
        flag, note: for `flagged`, what is wrong, and the supporter's own words.
    """

    id: str
    session: str
    post: str
    reply: str
    suggestion: dict[str, Any]
    action: Action
    history: list[tuple[str, str]] = field(default_factory=list)
    edited: str | None = None
    of: str | None = None
    flag: Flag | None = None
    note: str | None = None


def default_path() -> Path:
    """The SQLite file in the user's data folder, for example `~/.local/share/partner/feedback.sqlite3`."""
    return platformdirs.user_data_path("partner", appauthor=False) / "feedback.sqlite3"


class Store:
    """Feedback in a database.

    Args:
        url: an SQLAlchemy URL; the SQLite file of `default_path` if None.
        version: the model's version, written into every record.
    """

    def __init__(self, url: str | None = None, version: str = "") -> None:
        self._url = make_url(url) if url else make_url("sqlite://").set(database=str(default_path()))
        self._version = version
        self._engine: Engine | None = None
        self._lock = threading.Lock()

    @property
    def where(self) -> str:
        """Where the records are, in words that hold no password."""
        return (self._file and str(self._file)) or self._url.render_as_string(hide_password=True)

    def agree(self) -> str:
        """Note that a supporter agrees, and return the random number that stands for them from now on."""
        supporter = secrets.token_urlsafe(24)
        with self._session(create=True) as session:
            session.add(_Supporter(id=supporter, agreed=_now()))
            session.commit()
        return supporter

    def agreed(self, supporter: str) -> str | None:
        """Since when the supporter has agreed (ISO 8601); None if they have not."""
        if not self._exists():
            return None
        with self._session() as session:
            row = session.get(_Supporter, supporter)
            return row.agreed if row else None

    def save(self, supporter: str, records: Iterable[Record]) -> None:
        """Write records; they are on disk when this returns. A record that is there already is left as it is.

        Raises:
            NotAgreed: the supporter has not agreed, or has withdrawn.
        """
        if not self._exists():
            raise NotAgreed(supporter)
        for record in records:
            with self._session() as session:
                if session.get(_Supporter, supporter) is None:
                    raise NotAgreed(supporter)
                content = asdict(record) | {"model": self._version}
                session.add(_Decision(id=record.id, supporter=supporter, time=_now(), record=content))
                try:
                    session.commit()
                except IntegrityError:
                    session.rollback()
                    known = session.scalar(select(_Decision.supporter).where(_Decision.id == record.id))
                    if known != supporter:  # not sent twice: the supporter withdrew meanwhile
                        raise NotAgreed(supporter) from None

    def records(self, supporter: str, newest: int | None = None) -> list[dict[str, Any]]:
        """The supporter's records as they are exported, oldest first; only the `newest` ones if given."""
        if not self._exists():
            return []
        query = select(_Decision).where(_Decision.supporter == supporter).order_by(_Decision.number.desc()).limit(newest)
        with self._session() as session:
            return [row.record | {"time": row.time} for row in reversed(list(session.scalars(query)))]

    def count(self, supporter: str) -> int:
        """How many records the supporter has."""
        if not self._exists():
            return 0
        with self._session() as session:
            query = select(func.count()).select_from(_Decision).where(_Decision.supporter == supporter)
            return session.scalar(query) or 0

    def export(self, supporter: str) -> Iterator[str]:
        """The supporter's records as JSON Lines, oldest first."""
        for record in self.records(supporter):
            yield json.dumps(record, ensure_ascii=False) + "\n"

    def forget(self, supporter: str) -> int:
        """Withdraw the agreement and delete everything of the supporter; returns how many records there were."""
        if not self._exists():
            return 0
        with self._session() as session:
            gone = session.execute(delete(_Decision).where(_Decision.supporter == supporter)).rowcount
            session.execute(delete(_Supporter).where(_Supporter.id == supporter))
            session.commit()
            if self._file:  # the deleted text must leave the write-ahead log as well
                session.connection().exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        return gone

    @property
    def _file(self) -> Path | None:
        if self._url.get_backend_name() != "sqlite":
            return None
        return Path(self._url.database) if self._url.database else None

    def _exists(self) -> bool:
        return self._file is None or self._file.exists()

    def _session(self, create: bool = False) -> Session:
        with self._lock:
            if self._engine is None:
                if create and self._file:
                    self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                    os.close(os.open(self._file, os.O_CREAT | os.O_RDWR, 0o600))  # nobody else on this computer may read it
                self._engine = create_engine(self._url)
                if self._file:
                    event.listen(self._engine, "connect", _careful)
                _Base.metadata.create_all(self._engine)
            return Session(self._engine)


def _careful(connection: Any, _: Any) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "foreign_keys=ON", "busy_timeout=10000"):
        connection.execute(f"PRAGMA {pragma}")


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")
