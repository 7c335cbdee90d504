"""One FastAPI application with the page and the API, served on this computer only."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr
import uvicorn
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from partner import __version__
from partner.models import ModelError
from ui import HOST, api, page
from ui.line import Line, LineFull
from ui.loading import Engine
from ui.store import Store

HERE = Path(__file__).parent
FONTS = ("system-ui", "-apple-system", "sans-serif")
MONO = ("ui-monospace", "monospace")
DESCRIPTION = """
Sentence edits that make a peer supporter's reply more empathic. Everything happens on this computer.

A post with signs of suicide or self-harm (`crisis`) gets vetted sentences only. Suggestions are raw material for a
person to judge: never send them unread.
"""

# The browser itself enforces that nothing leaves: every address but this server's is refused, whatever a page's
# script tries. Gradio needs inline scripts and `Function`.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; connect-src 'self'; "
    "object-src 'none'; form-action 'none'; base-uri 'self'; frame-ancestors 'none'"
)


HEADERS = {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"}
# Other sites may be allowed to ask for suggestions, never to read or write feedback or to drive the page.
OPEN_PATHS = ("/api/suggest", "/api/score", "/api/rewriting")


class PrivacyHeaders:
    """ASGI middleware that adds `HEADERS` to every response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add the headers to what comes back."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                if scope["path"].startswith(("/api", "/partner")):
                    headers["Cache-Control"] = "no-cache" if scope["path"].startswith("/partner") else "no-store"
            await send(message)

        await self._app(scope, receive, send_with_headers)


class OpenPaths:
    """ASGI middleware: cross-origin requests from the configured origins, to `OPEN_PATHS` only."""

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        self._app = app
        self._cors = CORSMiddleware(
            app, allow_origins=list(origins), allow_methods=["POST"], allow_headers=["content-type"], allow_private_network=True
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer through CORS where that is open, else without."""
        path = self._cors if scope["type"] == "http" and scope["path"] in OPEN_PATHS else self._app
        await path(scope, receive, send)


def application(engine: Engine, store: Store, origins: Sequence[str] = (), line: Line | None = None) -> FastAPI:
    """Page and API for one engine.

    Args:
        engine: a `partner.Rewriter`, or a `BackgroundEngine` that is still loading one; the page then says so.
        store: where feedback goes, for those who agree.
        origins: sites whose pages may ask for suggestions, such as `http://localhost:8080` (`null`: a file).
        line: the line in front of the engine.
    """
    # FastAPI's own documentation page loads its parts from a public server, which this page must not do.
    app = FastAPI(title="Partner", version=__version__, description=DESCRIPTION, docs_url=None, redoc_url=None)
    app.include_router(api.build(engine, Line() if line is None else line, store))
    for known in (LineFull, ModelError):
        app.add_exception_handler(known, _failed)
    app.add_exception_handler(RequestValidationError, _refused)
    app.mount("/partner", StaticFiles(directory=HERE / "static"), name="partner")
    if origins:
        app.add_middleware(OpenPaths, origins=origins)
    # A web site that points its own name at 127.0.0.1 must not be answered.
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"])
    app.add_middleware(PrivacyHeaders)
    theme = gr.themes.Default(primary_hue="teal", secondary_hue="teal", neutral_hue="slate", font=FONTS, font_mono=MONO)
    return gr.mount_gradio_app(
        app,
        page.build(),
        path="/",
        server_name=HOST,
        footer_links=[],
        run_history=False,  # Gradio would keep every post and reply in the browser's storage
        show_error=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        enable_monitoring=False,
        theme=theme,
        head='<link rel="stylesheet" href="/partner/style.css"><meta name="color-scheme" content="light dark">',
    )


async def _failed(_: Any, error: Exception) -> JSONResponse:
    return api.failure(error)


async def _refused(_: Any, error: RequestValidationError) -> JSONResponse:
    """What is wrong with a request and where, without repeating its text: it may hold what no encoding can."""
    return JSONResponse({"detail": [{key: e[key] for key in ("loc", "msg", "type")} for e in error.errors()]}, 422)


class Server:
    """A running application.

    Args:
        app: what `application` made.
        port: a free port.
    """

    def __init__(self, app: FastAPI, port: int) -> None:
        config = uvicorn.Config(app, host=HOST, port=port, log_level="warning", timeout_graceful_shutdown=2)
        self._server = uvicorn.Server(config)
        self.address = f"http://{HOST}:{port}"

    def start(self) -> Server:
        """Serve in a thread; returns when the page answers."""
        self._thread = threading.Thread(target=self._server.run, name="server", daemon=True)
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise OSError(f"the server at {self.address} could not start")
            time.sleep(0.02)
        return self

    def stop(self) -> None:
        """Stop serving."""
        self._server.should_exit = True
        self._thread.join(10)

    def run(self) -> None:
        """Serve until interrupted."""
        self.start()
        print(f"Partner is open at {self.address} (Ctrl+C stops it)", flush=True)
        try:
            while self._thread.is_alive():
                self._thread.join(1)
        except KeyboardInterrupt:
            self.stop()
