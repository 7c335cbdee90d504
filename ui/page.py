"""The page as Gradio Blocks: one `gr.HTML` whose template is `page.html` and whose behaviour is `static/page.js`.

The reply lives in the browser, in `static/model.js`, and the server only answers questions about it (`ui.api`). So typing
never waits for the server, and no answer can overwrite what was typed. The questions go through the HTTP API and
not through Gradio's event stream, because Gradio's page reloads itself when that stream breaks, and with a reload
everything that was typed would be gone.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import gradio as gr

from ui.examples import EXAMPLES
from ui.helplines import DIRECTORIES, FOR_THE_SEEKER, STEPS, WRITTEN
from ui.store import FLAGS

HERE = Path(__file__).parent
START = "import('/partner/page.js').then((page) => page.start(element.querySelector('#partner'), props));"


def build() -> gr.Blocks:
    """The page. Text from users never passes through the template: the script writes it as text nodes."""
    with gr.Blocks(title="Partner", analytics_enabled=False) as blocks:
        gr.HTML(
            html_template=(HERE / "page.html").read_text(encoding="utf-8"),
            js_on_load=START,
            apply_default_css=False,
            elem_id="desk",
            examples=[asdict(example) for example in EXAMPLES],
            directories=[asdict(directory) for directory in DIRECTORIES],
            steps=list(STEPS),
            message=FOR_THE_SEEKER,
            written=WRITTEN,
            flags=list(FLAGS),
        )
    return blocks
