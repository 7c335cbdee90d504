"""Conversations to try the page with, written for this project; they are nobody's real words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Example:
    """One conversation to fill the page with; `history` in the form of the page's box for earlier messages."""

    name: str
    post: str
    reply: str
    history: str = ""


EXAMPLES = (
    Example(
        "New city, no friends",
        "Moved here for work eight months ago and I still eat lunch alone every single day. Everyone at the office has known "
        "each other for years. I called my sister last night just to hear someone say my name.",
        "You should join a club. People make friends at the gym all the time. It gets easier.",
    ),
    Example(
        "Grandmother",
        "My gran raised me and she died on Sunday. The funeral is Friday and I'm supposed to say a few words, but every time I "
        "sit down to write I can't get past her name.",
        "At least she had a long life. You can find funeral speeches online.",
    ),
    Example(
        "Exam again",
        "Failed my driving theory for the third time today. My dad laughed when I told him. And it was my own money too.",
        "That's annoying. There are good apps for it.",
    ),
    Example(
        "Empty reply",
        "Our baby is four months old and I love her so much, but I haven't slept more than two hours in a row since she came. "
        "I snapped at my husband over a spoon this morning and then cried in the bathroom.",
        "",
    ),
    Example(
        "With earlier messages",
        "He says it was just texting and that I'm making a drama out of it. Maybe he's right. I don't know what I'm allowed to "
        "be hurt by any more.",
        "You need to decide if you trust him.",
        "Them: Found messages to his ex on the tablet. Hundreds.\nMe: That sounds like a shock. Have you talked to him?",
    ),
)
