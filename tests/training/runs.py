"""Training runs that are stopped half way, as a person or a machine would stop them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path


def stopped(arguments: Sequence[str], out: Path, how: signal.Signals, leaves: str) -> None:
    """Start `python -m training` with these arguments and stop it once it has a checkpoint.

    Args:
        arguments: of the run; it is made to save after every step.
        out: the run's folder.
        how: SIGKILL, or SIGINT for Ctrl-C, after which the run must end by itself and say so.
        leaves: what a run that came to its end has in its folder, and this one must not.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "training", *arguments, "--save-minutes", "0"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    deadline = time.monotonic() + 240
    while not (out / "checkpoint" / "state.json").is_file() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(how)
    assert process.wait() == (130 if how == signal.SIGINT else -how)
    assert not (out / leaves).exists(), "the run was over before it could be stopped"


def two_processes(runs: Sequence[Sequence[str]], folder: Path) -> None:
    """Do training runs, each given by its arguments, one after the other in two processes joined by gloo."""
    # One launch for all: starting Python twice more for each would take longer than the runs.
    script = folder / "launch.py"
    script.write_text(f"from training.__main__ import main\nassert not any(map(main, {[list(run) for run in runs]!r}))\n")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    launch = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--num_machines", "1"]
    launch += ["--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", port]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([*launch, script], env=environment, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr[-2000:]
