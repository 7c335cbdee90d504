"""A PostgreSQL server of the tests' own: a fresh cluster in a temporary folder, reached by a socket, gone afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PORT = "5432"  # only part of the socket's name: the server listens to no network


def binaries() -> Path | None:
    """The folder with `initdb`, newest version first; None where PostgreSQL is not installed."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[4]))
    return versions[-1].parent if versions else None


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Start a server with the programs in `folder` and yield the SQLAlchemy URL of its database."""
    # PostgreSQL refuses to run as root; Debian's package brings a user for it.
    user = "postgres" if os.geteuid() == 0 else None
    home = Path(tempfile.mkdtemp(prefix="partner-pg-", dir="/tmp"))
    try:
        if user:
            shutil.chown(home, user)

        def call(*command: str) -> None:
            subprocess.run(command, user=user, cwd=home, check=True, stdout=subprocess.DEVNULL, timeout=120)

        call(str(folder / "initdb"), "-D", f"{home}/data", "-U", "team", "--auth=trust", "--encoding=UTF8", "--no-sync")
        options = f"-k {home} -p {PORT} -c listen_addresses=''"
        control = [str(folder / "pg_ctl"), "-D", f"{home}/data", "-w", "-l", f"{home}/log"]
        call(*control, "-o", options, "start")
        try:
            yield f"postgresql+psycopg://team@/postgres?host={home}&port={PORT}"
        finally:
            call(*control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)
