"""The Gradio page: what is on it and which function answers which event. The thinking is in `session` and `diff`."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import gradio as gr

from partner.models import ModelError
from partner.types import Conversation
from ui import view
from ui.examples import EXAMPLES
from ui.loading import BackgroundEngine, Engine
from ui.session import Session, accept_all, begin, decide, parse_history, undo

log = logging.getLogger(__name__)

SUGGESTIONS = 4
# One job at a time: the model fills the processor, and a tab's steps must run in the order in which they were made.
MODEL = {"concurrency_limit": 1, "concurrency_id": "model", "api_visibility": "private", "show_progress": "hidden"}
QUICK = {"queue": False, "api_visibility": "private", "show_progress": "hidden"}

# The buttons in the results carry their meaning in data attributes; one listener turns a press into one event.
RESULTS_JS = """
element.addEventListener('click', (event) => {
    const button = event.target.closest('button[data-action]');
    if (!button || button.getAttribute('aria-disabled') === 'true') return;
    const {action, index, number} = button.dataset;
    trigger('decide', {action, index: Number(index), number: Number(number)});
});
"""
COPY_JS = """
element.addEventListener('click', async (event) => {
    const button = event.target.closest('button[data-copy]');
    if (!button) return;
    const source = document.querySelector(button.dataset.copy);
    button.dataset.label ??= button.textContent;
    try {
        await navigator.clipboard.writeText(source.value ?? source.textContent);
        button.textContent = 'Copied ✓';
    } catch {
        if (source.select) source.select(); else getSelection().selectAllChildren(source);
        button.textContent = 'Selected: press Ctrl+C';
    }
    setTimeout(() => { button.textContent = button.dataset.label; }, 3000);
});
"""
# On a narrow screen the results are below the fold.
REVEAL_JS = """() => {
    const results = document.querySelector('#side');
    if (results && matchMedia('(max-width: 900px)').matches && results.querySelector('.bar')
        && !document.querySelector('#problem p'))
        results.scrollIntoView({behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth'});
}"""


def build(engine: Engine) -> gr.Blocks:
    """The page for one engine.

    Args:
        engine: a `partner.Rewriter`, or a `BackgroundEngine` that is still loading one; the page then says so.
    """
    handle = Handlers(engine)
    with gr.Blocks(title="Partner", analytics_enabled=False) as page:
        session = gr.State(None)
        gr.HTML(view.INTRO, elem_id="intro", **_plain())
        with gr.Row(elem_id="columns"):
            with gr.Column(elem_id="main"):
                gr.HTML("<h2>Your conversation</h2>", **_plain())
                post = gr.Textbox(label="Post you are answering", lines=5, max_lines=16, elem_id="post")
                with gr.Accordion("Earlier messages (optional)", open=False, elem_id="earlier"):
                    history = gr.Textbox(
                        label="Earlier messages",
                        info="Oldest first. Open each message with “Them:” or “Me:” on a new line.",
                        lines=3,
                        max_lines=12,
                        elem_id="history",
                    )
                reply = gr.Textbox(
                    label="Your reply",
                    info="Leave it empty for sentences to start from.",
                    lines=5,
                    max_lines=16,
                    elem_id="reply",
                )
                with gr.Row(elem_id="go"):
                    suggest = gr.Button("Suggest", variant="primary", elem_id="suggest", min_width=120)
                    gr.HTML('<p class="hint">or <kbd>Ctrl</kbd>/<kbd>⌘</kbd> + <kbd>Enter</kbd></p>', **_plain())
                problem = gr.HTML("", elem_id="problem", **_plain(role="alert"))
                status = gr.HTML("", elem_id="status", **_plain(role="status"))
                wait = view.LOADING if isinstance(engine, BackgroundEngine) else ""
                loading = gr.HTML(wait, elem_id="loading", **_plain(role="status"))
                gr.HTML('<h3 id="try">Try an example</h3>', **_plain())
                with gr.Row(elem_id="examples"):
                    for example in EXAMPLES:
                        button = gr.Button(example.name, size="sm", min_width=80)
                        button.click(None, [post, history, reply], [post, history, reply], js=_fill_js(example))
                gr.HTML(view.ABOUT, elem_id="about", **_plain())
            with gr.Column(elem_id="side"):
                gr.HTML("<h2>Suggestions</h2>", **_plain())
                crisis = gr.HTML("", elem_id="crisis", **_plain(role="alert", js=COPY_JS))
                note = gr.HTML("", elem_id="note", **_plain(role="status"))
                results = gr.HTML(view.EMPTY, elem_id="results", **_plain(js=RESULTS_JS))
                with gr.Column(visible=False, elem_id="outcome") as outcome:
                    box = gr.Textbox(
                        label="Resulting reply",
                        info="Change it as you like, then copy it.",
                        lines=5,
                        max_lines=20,
                        interactive=True,
                        elem_id="result",
                    )
                    # Not Gradio's copy icon: inside the box's label it takes the label's name away from the text.
                    gr.HTML(view.COPY, elem_id="copy", **_plain(js=COPY_JS))

        handle.parts(session=session, problem=problem, status=status, crisis=crisis, note=note, results=results)
        handle.parts(outcome=outcome, box=box, loading=loading)
        shown = [session, problem, status, loading, crisis, note, results, outcome, box]
        # The busy line is the browser's own work: it must appear even while the server is short of breath.
        suggest.click(None, None, [problem, status], js=f"() => {json.dumps(['', view.BUSY])}").then(
            handle.suggest, [post, history, reply, session, box], shown, **MODEL
        ).then(None, None, None, js=REVEAL_JS)
        results.decide(handle.step, [session, box], shown, trigger_mode="multiple", **MODEL)
        box.blur(handle.typed, [session, box], shown, trigger_mode="always_last", **MODEL)
        if isinstance(engine, BackgroundEngine):
            timer = gr.Timer(0.5)
            timer.tick(handle.poll, None, [loading, timer], **QUICK)
            page.load(handle.poll, None, [loading, timer], **QUICK)
    # Enough for a handful of open tabs; beyond that the page says that it is busy instead of piling work up.
    page.queue(max_size=16, default_concurrency_limit=1, api_open=False)
    return page


class Handlers:
    """The functions behind the events. They return a dict from component to value: what is not named stays."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._part: dict[str, Any] = {}

    def parts(self, **components: Any) -> None:
        """Name the components that the handlers change."""
        self._part.update(components)

    def poll(self) -> tuple[str, Any]:
        """The line about the model while it loads, and the timer, stopped once there is nothing to wait for."""
        engine = self._engine
        if isinstance(engine, BackgroundEngine) and not engine.ready:
            if engine.error:
                return view.message_html(_explain(engine.error), error=True), gr.Timer(active=False)
            return view.LOADING, gr.Timer(active=True)
        return "", gr.Timer(active=False)

    def suggest(self, post: str, history: str, reply: str, session: Session | None, box: str) -> dict[Any, Any]:
        """Ask the engine and show what it answers; on any problem everything on the page stays as it is."""
        if not (post or "").strip():
            return self._update(problem=view.message_html("paste the post you are answering first.", error=True), status="")

        def ask() -> Session:
            blank = not (reply or "").strip()
            conversation = Conversation(post, "" if blank else reply, parse_history(history or ""))
            call = self._engine.draft if blank else self._engine.suggest
            return begin(call(conversation, n=SUGGESTIONS), session, box or "")

        return self._attempt(ask) | self._update(loading="")

    def step(self, session: Session | None, box: str, event: gr.EventData) -> dict[Any, Any]:
        """Accept, reject, accept all or undo."""
        number, index, action = (event._data.get(key) for key in ("number", "index", "action"))
        if session is None or number != session.number:
            return {self._part["status"]: gr.skip()}
        box = box or ""

        def move() -> Session:
            if action == "undo":
                return self._rated(undo(session, box))
            if action == "accept_all":
                return self._rated(accept_all(session, box))
            if action in ("accepted", "rejected") and isinstance(index, int) and 0 <= index < len(session.suggestions):
                return self._rated(decide(session, index, action, box))
            return session

        return self._attempt(move)

    def typed(self, session: Session | None, box: str) -> dict[Any, Any]:
        """Rate the text again after the user has changed it by hand."""
        if session is None or (box or "") == session.scored:
            return {self._part["status"]: gr.skip()}
        shown = self._attempt(lambda: self._rated(session, box or ""))
        return {part: value for part, value in shown.items() if part is not self._part["box"]}

    def _rated(self, session: Session, text: str | None = None) -> Session:
        text = session.text if text is None else text
        if text == session.scored and session.after:
            return session
        conversation = session.result.conversation
        return replace(session, after=self._engine.score(replace(conversation, reply=text)), scored=text)

    def _attempt(self, work: Callable[[], Session]) -> dict[Any, Any]:
        try:
            session = work()
        except Exception as error:
            if not isinstance(error, ModelError):
                log.exception("a step of the page failed")
            return self._update(problem=view.message_html(_explain(error), error=True), status="")
        return self._update(
            session=session,
            problem="",
            status=view.message_html(view.CLASH if session.clash else view.announcement(session)),
            crisis=view.crisis_html(session.result.crisis),
            note=view.message_html(view.note(session.result)),
            results=view.results_html(session),
            outcome=gr.Column(visible=True),
            box=session.text,
        )

    def _update(self, **values: Any) -> dict[Any, Any]:
        return {self._part[name]: value for name, value in values.items()}


def _explain(error: Exception) -> str:
    """An error as one line for the user, without the inner workings."""
    if isinstance(error, ModelError):
        return str(error)
    return "something went wrong while working on this text. Your text is unchanged; the terminal shows the details."


def _plain(role: str = "", js: str | None = None) -> dict[str, Any]:
    """Options of a `gr.HTML` with our own look.

    The value enters through `${value}` and nothing else: a `{{value}}` in the template would be run as a JavaScript
    template, which text from users must never be.
    """
    template = f'<div role="{role}">${{value}}</div>' if role else "${value}"
    return {"apply_default_css": False, "js_on_load": js, "html_template": template}


def _fill_js(example: Any) -> str:
    """JavaScript that fills the boxes with an example and asks first where that would overwrite the user's words."""
    fields = ("post", "history", "reply")
    known = json.dumps([[asdict(e)[field] for field in fields] for e in EXAMPLES])
    own = json.dumps([asdict(example)[field] for field in fields])
    return f"""(...values) => {{
        const now = values.slice(0, 3).map((value) => value ?? '');
        const known = {known};
        const example = known.some((texts) => texts.every((text, i) => text === now[i]));
        const blank = now.every((text) => !text.trim());
        if (!blank && !example && !confirm('Replace what you have written with this example?')) return now;
        return {own};
    }}"""
