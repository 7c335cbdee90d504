"""Serving the page on this computer only."""

from __future__ import annotations

from pathlib import Path

import gradio as gr
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui import HOST

HERE = Path(__file__).parent
FONTS = ("system-ui", "-apple-system", "sans-serif")
MONO = ("ui-monospace", "monospace")

# The browser itself enforces that nothing leaves: every address but this server's is refused, whatever a page's
# script tries. Gradio needs inline scripts and `Function`.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; connect-src 'self'; "
    "object-src 'none'; form-action 'none'; base-uri 'self'; frame-ancestors 'none'"
)


HEADERS = {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"}


class PrivacyHeaders:
    """ASGI middleware that adds `HEADERS` to every response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add the headers to what comes back."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def serve(page: gr.Blocks, port: int, block: bool = True) -> str:
    """Start the server and return the page's address.

    Args:
        page: what `ui.app.build` made.
        port: a free port.
        block: whether to stay here until the server is stopped.

    Raises:
        OSError: the port is taken.
    """
    theme = gr.themes.Default(primary_hue="teal", secondary_hue="teal", neutral_hue="slate", font=FONTS, font_mono=MONO)
    # The default's white on mid teal and its pale hints miss WCAG's contrast of 4.5.
    theme = theme.set(
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_300",
    )
    _, address, _ = page.launch(
        server_name=HOST,
        server_port=port,
        share=False,
        inbrowser=False,
        quiet=True,
        show_error=False,
        run_history=False,  # Gradio would keep every post and reply in the browser's storage
        enable_monitoring=False,
        mcp_server=False,
        ssr_mode=False,
        pwa=False,
        footer_links=[],
        prevent_thread_lock=True,
        state_session_capacity=64,
        app_kwargs={
            # A web site that points its own name at 127.0.0.1 must not be answered.
            "middleware": [Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"]), Middleware(PrivacyHeaders)]
        },
        theme=theme,
        css_paths=HERE / "style.css",
        js=(HERE / "page.js").read_text(encoding="utf-8"),
    )
    if block:
        print(f"Partner is open at {address} (Ctrl+C stops it)", flush=True)
        page.block_thread()
    return address
