"""The other parts of the page as HTML: messages, the crisis note, the meters and the frame around the suggestions."""

from __future__ import annotations

from html import escape

from partner.safety import CRISIS_NOTE, CRISIS_RESOURCES
from partner.types import MECHANISMS, Empathy, MechanismScore, Result
from ui.diff import MECHANISM_NAMES, cards_html, diff_html
from ui.session import Session

LEVELS = ("none", "weak", "strong")
CLASH = "You had changed this place by hand, so your words were left as they are."

INTRO = (
    '<h1>Partner</h1><p class="lead">Paste the post you are answering and your draft reply. '
    "Partner suggests small changes that make the reply more empathic. You decide about each one.</p>"
    '<p class="privacy">Nothing you type leaves this computer. Partner is a writing aid, not a crisis service.</p>'
)

ABOUT = """
<details><summary>How empathy is rated</summary>
<p>Suggestions and meters follow EPITOME, which looks at three ways in which a reply can show empathy:</p>
<dl>
<dt>Emotional reaction</dt><dd>the reply shows warmth, concern or compassion: “I'm so sorry this happened.”</dd>
<dt>Interpretation</dt><dd>the reply puts into words what the person may be going through: “Being left out again must
feel lonely.”</dd>
<dt>Exploration</dt><dd>the reply gently asks about what was not said: “What did he say when you told him?”</dd>
</dl>
<p>Each is rated none, weak or strong (0 to 2). A good reply rarely needs all three. The ratings are estimates by a small
language model: it can be wrong about tone, irony and cultures it has not seen. You know the person you are writing to;
trust your own reading over the numbers.</p>
<p>EPITOME: Sharma, Miner, Atkins and Althoff, “A Computational Approach to Understanding Empathy Expressed in Text-Based Mental
Health Support”, EMNLP 2020.</p>
</details>
"""

COPY = '<button type="button" data-copy="#result textarea">Copy reply</button>'

BUSY = '<p class="busy">Reading the post and your reply…</p>'
LOADING = '<p class="busy">Loading the model… You can start typing.</p>'
EMPTY = '<p class="placeholder">The suggestions will appear here. Nothing is sent; nothing is changed without you.</p>'


def message_html(text: str, error: bool = False) -> str:
    """One line for the user, announced to screen readers; empty text gives an empty region."""
    if not text:
        return ""
    kind, word = ("error", "Please check: ") if error else ("note", "")
    return f'<p class="message {kind}"><strong>{word}</strong>{escape(text)}</p>'


def note(result: Result) -> str:
    """The engine's line for the user, less what the crisis note above it says already."""
    return "" if result.crisis and result.message == CRISIS_NOTE else result.message


def crisis_html(crisis: bool) -> str:
    """The note about a post with signs of crisis, and the lines to point to, each with a button that copies it."""
    if not crisis:
        return ""
    return (
        '<section class="crisis" aria-labelledby="crisis-title"><h3 id="crisis-title">This post may be about a crisis</h3>'
        f'<p class="crisis-note">{escape(CRISIS_NOTE)}</p>'
        '<button type="button" data-copy=".crisis-note">Copy this note</button>'
        "<details><summary>Crisis lines by country</summary>"
        f'<p class="crisis-lines">{escape(CRISIS_RESOURCES)}</p>'
        '<button type="button" data-copy=".crisis-lines">Copy these lines</button></details></section>'
    )


def meters_html(before: Empathy, after: Empathy | None) -> str:
    """Three meters: the draft before, and the text with the accepted edits after (None: could not be computed)."""
    rows = []
    for mechanism in MECHANISMS:
        old = getattr(before, mechanism)
        new = getattr(after, mechanism) if after else None
        name = MECHANISM_NAMES[mechanism]
        spoken = f"{name}: {_words(old)} before, {_words(new) if new else 'not known'} now"
        value = new if new else old
        rows.append(
            f'<div class="meter {mechanism}"><span class="name">{name}</span>'
            f'<span class="track" role="meter" aria-label="{name}" aria-valuemin="0" aria-valuemax="2" '
            f'aria-valuenow="{value.expected:.2f}" aria-valuetext="{spoken}">'
            f'<span class="fill" style="width:{value.expected * 50:.1f}%"></span>'
            f'<span class="tick" style="left:{old.expected * 50:.1f}%"></span></span>'
            f'<span class="values"><span class="old">{_words(old)}</span> <span aria-hidden="true">→</span> '
            f'<strong class="new">{_words(new) if new else "?"}</strong></span></div>'
        )
    return f'<div class="meters">{"".join(rows)}</div>'


def results_html(session: Session) -> str:
    """Meters, diff, cards and the bar with "Accept all" and "Undo" for one session."""
    result, count = session.result, len(session.suggestions)
    reply = result.conversation.reply
    parts = [
        '<section aria-labelledby="meters-title"><h3 id="meters-title">Empathy of your reply: before → now</h3>'
        f"{meters_html(result.before, session.after)}</section>"
    ]
    if count:
        title = "Your reply with the suggestions" if reply.strip() else "A reply made of the suggestions"
        parts.append(
            f'<section aria-labelledby="diff-title"><h3 id="diff-title">{title}</h3>'
            f"{diff_html(reply, session.suggestions, session.decisions)}{LEGEND}</section>"
        )
    parts.append(
        f'<section aria-labelledby="cards-title"><div class="bar"><h3 id="cards-title">{_count(count)}</h3>'
        f'<div class="buttons">{_bar_button("accept_all", "Accept all", "pending" in session.decisions, session)}'
        f"{_bar_button('undo', 'Undo', bool(session.past), session)}</div></div>"
        f"{cards_html(reply, session.suggestions, session.decisions, session.number)}</section>"
    )
    return "".join(parts)


LEGEND = (
    '<p class="legend"><ins class="pending"><span class="sign">+</span>new</ins> '
    '<del class="pending"><span class="sign">−</span>removed</del> dashed frame: still open; filled: accepted</p>'
)


def announcement(session: Session) -> str:
    """What a screen reader hears after a step."""
    done = session.decisions.count("accepted")
    return f"{_count(len(session.suggestions))}, {done} accepted, {session.decisions.count('rejected')} rejected."


def _words(score: MechanismScore) -> str:
    return f"{LEVELS[score.level]} {score.expected:.1f}"


def _count(n: int) -> str:
    return {0: "No suggestions", 1: "1 suggestion"}.get(n, f"{n} suggestions")


def _bar_button(action: str, label: str, enabled: bool, session: Session) -> str:
    # aria-disabled, not disabled: a button that goes dead under the fingers must keep the keyboard focus.
    return (
        f'<button type="button" data-action="{action}" data-index="-1" data-number="{session.number}" '
        f'aria-disabled="{"false" if enabled else "true"}">{label}</button>'
    )
