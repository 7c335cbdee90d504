"""`python -m ui`: open the page on this computer."""

from __future__ import annotations

import argparse
import os
import sys

from ui.app import build
from ui.loading import BackgroundEngine, Engine
from ui.server import HOST, serve


def main() -> None:
    """Read the options, start loading the model and serve the page."""
    parser = argparse.ArgumentParser(
        prog="python -m ui", description=f"Open Partner's page. It is served on {HOST}, so that no other computer can reach it."
    )
    parser.add_argument("--port", type=int, default=os.environ.get("PORT", "7860"), help="port (default: $PORT, else 7860)")
    parser.add_argument("--checkpoint", help="folder with a trained policy, or a Hugging Face name (default: the shipped one)")
    options = parser.parse_args()

    def load() -> Engine:
        from partner import Rewriter

        return Rewriter(options.checkpoint)

    try:
        serve(build(BackgroundEngine(load)), options.port)
    except OSError as error:
        sys.exit(f"Port {options.port} cannot be used ({error}). Choose another one: python -m ui --port {options.port + 1}")


if __name__ == "__main__":
    main()
