"""What every test relies on: no network beyond this machine, and hypothesis without a clock."""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

# Before any test imports a library that reads them.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # two workers on two cores: more threads would only get in each other's way
os.environ.update(
    HF_HUB_OFFLINE="1",
    TRANSFORMERS_OFFLINE="1",
    HF_HUB_DISABLE_TELEMETRY="1",
    GRADIO_ANALYTICS_ENABLED="False",
    DO_NOT_TRACK="1",
)

import pytest
from hypothesis import settings

# Where the suite itself runs in the background Ctrl-C is ignored, and the programs that tests interrupt would ignore it too.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A deadline measures how busy the machine is, not the code.
settings.register_profile("partner", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("partner")

if TYPE_CHECKING:
    from partner import Rewriter

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

_attempts: list[str] = []


def _is_local(host: object) -> bool:
    """Whether a host, as given to connect or getaddrinfo, is this machine."""
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if not isinstance(host, str) or host in ("", "localhost", socket.gethostname()):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _watch(event: str, args: tuple) -> None:
    if event == "socket.getaddrinfo":
        host = args[0]
    elif event in ("socket.connect", "socket.sendto"):
        host = args[1][0] if isinstance(args[1], tuple) else None  # AF_UNIX addresses are paths
    else:
        return
    if not _is_local(host):
        _attempts.append(f"{event}: {host!r}")
        raise PermissionError(f"a test tried to reach {host!r}: nothing may leave this machine")


sys.addaudithook(_watch)


@pytest.fixture(autouse=True)
def nothing_leaves_the_machine() -> Iterator[None]:
    """Fail a test during which Python code in this process looked up or contacted another machine, even if it hid the error."""
    _attempts.clear()
    yield
    assert not _attempts, f"contact with other machines: {_attempts}"


@pytest.fixture(scope="session")
def rewriter() -> Rewriter:
    """The shipped engine, loaded once for all tests that need it."""
    from partner import Rewriter

    return Rewriter()


@pytest.fixture(scope="session")
def chromium() -> Iterator[object]:
    """A headless Chromium; without one the tests of the page are skipped, and say so."""
    playwright = pytest.importorskip("playwright.sync_api", reason="the playwright package is missing: NO PAGE WAS TESTED")
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no browser at {CHROMIUM}: NO PAGE WAS TESTED (apt-get install chromium, or set CHROMIUM)")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield browser
        browser.close()
