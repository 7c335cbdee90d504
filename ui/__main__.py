"""`python -m ui`: open the page on this computer."""

from __future__ import annotations

import argparse
import os
import socket
import sys

from ui import HOST


def main() -> None:
    """Read the options, start loading the model and serve the page and the API."""
    parser = argparse.ArgumentParser(
        prog="python -m ui", description=f"Open Partner's page. It is served on {HOST}, so that no other computer can reach it."
    )
    parser.add_argument("--port", type=int, default=os.environ.get("PORT", "7860"), help="port (default: $PORT, else 7860)")
    parser.add_argument("--checkpoint", help="folder with a trained policy, or a Hugging Face name (default: the shipped one)")
    parser.add_argument(
        "--feedback",
        metavar="URL",
        default=os.environ.get("PARTNER_FEEDBACK"),
        help="database for feedback as an SQLAlchemy URL (default: $PARTNER_FEEDBACK, else a file in your data folder)",
    )
    parser.add_argument(
        "--allow-origin",
        metavar="ORIGIN",
        action="append",
        default=(os.environ.get("PARTNER_ALLOW_ORIGINS") or "").split(),
        help="a site whose pages may ask for suggestions, such as http://localhost:8080, or null for pages opened from a "
        "file; may be repeated (default: $PARTNER_ALLOW_ORIGINS, else none)",
    )
    options = parser.parse_args()

    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, options.port))
    except (OSError, OverflowError) as error:
        sys.exit(f"Port {options.port} cannot be used ({error}). Choose another one, for example: python -m ui --port 8000")

    # Gradio takes seconds to import; `--help` and a taken port are answered without it.
    from ui.loading import BackgroundEngine, Engine, model_version
    from ui.server import Server, application
    from ui.store import Store

    def load() -> Engine:
        from partner import Rewriter

        return Rewriter(options.checkpoint)

    store = Store(options.feedback, model_version(options.checkpoint))
    Server(application(BackgroundEngine(load), store, options.allow_origin), options.port).run()


if __name__ == "__main__":
    main()
