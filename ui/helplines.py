"""Where people in a crisis find help: official directories, which keep the numbers of all countries up to date."""

from __future__ import annotations

from dataclasses import dataclass

WRITTEN = "November 2026"


@dataclass(frozen=True)
class Directory:
    """One directory or line: who runs it, its address, and for whom it is."""

    name: str
    url: str
    what: str


DIRECTORIES = (
    Directory(
        "Find A Helpline (ThroughLine)",
        "https://findahelpline.com",
        "checked helplines by country and topic: call, text or chat",
    ),
    Directory("Befrienders Worldwide", "https://befrienders.org", "centres that listen, by country and language"),
    Directory(
        "IASP, International Association for Suicide Prevention",
        "https://www.iasp.info/crisis-centres-helplines/",
        "crisis centres by country",
    ),
    Directory(
        "Child Helpline International",
        "https://childhelplineinternational.org",
        "lines for children and young people, by country",
    ),
    Directory("988 Lifeline", "https://988lifeline.org", "United States: call or text 988; Canada: https://988.ca"),
    Directory("Samaritans", "https://www.samaritans.org", "United Kingdom and Ireland: call 116 123"),
    Directory("Lifeline Australia", "https://www.lifeline.org.au", "Australia: call 13 11 14"),
)

STEPS = (
    "Take it seriously, and say that you do. You do not have to find perfect words.",
    "Ask directly whether they are thinking about suicide. Asking is safe: it does not put the idea into anyone's mind.",
    "If the danger is now: ask where they are and whether someone is with them, and point to the emergency number "
    "(112 in Europe and many other countries, 911 in the US and Canada, 999 in the UK, 000 in Australia).",
    "Follow your community's safety rules and tell a moderator. You do not have to carry this alone.",
)

FOR_THE_SEEKER = """\
I'm worried about you, and I'm glad you wrote. If you might act on this now, please call your local emergency number \
(112 in Europe and many other countries, 911 in the US and Canada, 999 in the UK, 000 in Australia), or go to the nearest \
emergency department.
You can talk, text or chat with someone in your country, for free, at any hour in many places:
- findahelpline.com
- befrienders.org
- www.iasp.info/crisis-centres-helplines
In the US and Canada you can call or text 988. In the UK and Ireland, Samaritans: 116 123."""
