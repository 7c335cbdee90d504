"""`python -m partner` as a person at a shell meets it: what is printed where, the exit status, and never a stack trace.

Most tests give `main` a small engine of their own, so that they test the command line and not the models; the last
ones run the shipped models.
"""

from __future__ import annotations

import io
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partner.__main__ import main
from partner.edits import apply
from partner.models import ModelError
from partner.safety import CRISIS_NOTE
from partner.terminal import neutral, render, wants_color
from partner.text import split
from partner.types import Conversation, Edit, Empathy, MechanismScore, Result, Scores, Suggestion

ROOT = Path(__file__).resolve().parents[2]
POST = "i failed my exam"


class KeywordEngine:
    """A complete engine by three keywords: says sorry, asks a question, takes "cheer up" out."""

    def __init__(self, checkpoint: str | None = None, seed: int = 0) -> None:
        if checkpoint == "missing":
            raise ModelError("missing/policy.json is missing. Restore it.")

    def score(self, conversation: Conversation) -> Empathy:
        def level(found: bool) -> MechanismScore:
            return MechanismScore((0.1, 0.1, 0.8) if found else (0.9, 0.1, 0.0))

        reply = conversation.reply.lower()
        return Empathy(level("sorry" in reply), level("sounds" in reply), level("?" in reply))

    def suggest(self, conversation: Conversation, n: int = 4, alternatives: int = 0) -> Result:
        if "stop the program" in conversation.post:
            raise KeyboardInterrupt
        if "wait for a signal" in conversation.post:
            time.sleep(600)
        if "too odd" in conversation.post:
            raise ValueError("too odd for this engine")
        before = self.score(conversation)
        crisis = "end my life" in conversation.post
        sentences = split(conversation.reply).sentences
        edits = [Edit("insert", 0, "I'm so sorry.", "emotional_reaction")]
        edits += [Edit("delete", i) for i, s in enumerate(sentences) if s.lower().startswith("cheer up")]
        edits += [Edit("insert", len(sentences), "What happened?", "exploration")]
        scores = Scores(before, before, 0.9, 0.5, 0.1, 0.8)
        others = tuple(Suggestion(Edit("insert", 0, f"Other {i}.", "exploration"), scores, "") for i in range(alternatives))
        suggestions = tuple(Suggestion(e, None if crisis else scores, f"reason {i}", others) for i, e in enumerate(edits[:n]))
        return Result(conversation, crisis, before, suggestions, CRISIS_NOTE if crisis else "")


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Call main with the keyword engine; gives the exit status, standard output and standard error."""

    def call(*argv: str) -> tuple[int, str, str]:
        try:
            status = main(argv, rewriter_factory=KeywordEngine)
        except SystemExit as stop:
            status = stop.code
        out, err = capsys.readouterr()
        return status, out, err

    return call


def pairs(tmp_path: Path, *rows: object) -> str:
    """A JSON lines file; bytes go in as they are."""
    path = tmp_path / "pairs.jsonl"
    path.write_bytes(b"\n".join(r if isinstance(r, bytes) else json.dumps(r).encode() for r in rows) + b"\n")
    return str(path)


def test_text_output_shows_diff_scores_and_reasons(run: Run) -> None:
    status, out, err = run("--post", POST, "--reply", "Cheer up. You can retake it.\n\nBye!")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert "  emotional reaction         none   0.10   strong 1.70" in lines
    assert "  interpretation             none   0.10   none   0.10" in lines
    start = lines.index("- [2] Cheer up.")
    assert lines[start : start + 6] == [
        "- [2] Cheer up.", "+ [1] I'm so sorry.", "  You can retake it.", "", "  Bye!", "+ [3] What happened?"
    ]  # fmt: skip
    assert "1. insert, emotional reaction: reason 0" in lines
    assert "2. delete: reason 1" in lines
    assert "\x1b" not in out


def test_number_and_alternatives_are_passed_on(run: Run) -> None:
    _, out, _ = run("--post", POST, "--reply", "Hm.", "-n", "1", "--alternatives", "2")
    assert "What happened?" not in out
    assert [line.strip() for line in out.splitlines() if "or:" in line] == ["or: Other 0.", "or: Other 1."]


def test_json_is_the_result(run: Run) -> None:
    _, out, err = run("--post", POST, "--reply", "Cheer up.", "--json", "--apply")
    row = json.loads(out)
    assert row["post"] == POST and row["crisis"] is False and err == ""
    assert [s["op"] for s in row["suggestions"]] == ["insert", "delete", "insert"]
    assert set(row["suggestions"][0]) == {"op", "at", "text", "mechanism", "scores", "reason"}
    assert row["scores"]["before"]["total"] == 0.3
    assert row["rewritten"] == "I'm so sorry. What happened?"
    _, out, _ = run("--post", POST, "--reply", "Cheer up.", "--json")
    assert "rewritten" not in json.loads(out)


def test_apply_prints_the_rewritten_reply_alone(run: Run) -> None:
    status, out, err = run("--post", POST, "--reply", "Try again.\n\n  Rest \x1b now.\t", "--apply")
    assert (status, err) == (0, "")
    assert out == "I'm so sorry. Try again.\n\n  Rest \x1b now. What happened?\t\n"


def test_a_crisis_is_said_first_with_where_to_find_help(run: Run) -> None:
    _, out, _ = run("--post", "i want to end my life", "--reply", "Cheer up.")
    assert out.startswith(f"CRISIS  {CRISIS_NOTE}\n")
    assert "988" in out.split("Empathy")[0]
    assert out.count(CRISIS_NOTE) == 1
    _, out, err = run("--post", "i want to end my life", "--reply", "Hm.", "--apply")
    assert CRISIS_NOTE in err and CRISIS_NOTE not in out


@pytest.mark.parametrize("how", [["--draft"], ["--reply", ""], ["--reply", " \n"]])
def test_an_empty_reply_is_drafted_and_said_so(run: Run, how: list[str]) -> None:
    status, out, _ = run("--post", POST, *how)
    assert status == 0
    assert "The reply is empty: these are sentences to start from." in out
    assert "+ [1] I'm so sorry." in out


@pytest.mark.parametrize(
    "argv, message",
    [
        ([], "nothing to answer: give --post"),
        (["--post", POST], "no reply given: use --reply"),
        (["--post", " \n", "--reply", "x"], "the post is empty"),
        (["--post", POST, "--reply", "x", "-n", "0"], "argument -n: '0' is not a whole number of 1 or more"),
        (["--post", POST, "--reply", "x", "--alternatives", "-1"], "'-1' is not a whole number"),
        (["--post", POST, "--reply", "x", "--draft"], "not allowed with argument"),
        (["--post", POST, "--reply", "x", "--history", "hello"], "has no role"),
        (["--post", POST, "--reply", "x", "--history", "me: hello"], 'must be a pair of "seeker" or "supporter"'),
        (["--post-file", "no such file", "--reply", "x"], "cannot read no such file: No such file"),
        (["--post-file", "bad\0name", "--reply", "x"], "cannot read bad\\x00name"),
        (["--post-file", ".", "--reply", "x"], "cannot read .: Is a directory"),
        (["--file", "no such file"], "cannot read no such file: No such file"),
        (["--file", "x", "--reply", "y"], "--file brings its own replies"),
        (["--post", "\udcff", "--reply", "x"], "post is not valid Unicode"),
        (["--post", POST, "--reply", "x", "--checkpoint", "missing"], "missing/policy.json is missing. Restore it."),
        (["--post", "too odd", "--reply", "x"], "too odd for this engine"),
        (["--nonsense\x1b[2J"], "unrecognized arguments: --nonsense\\x1b[2J"),
    ],
)
def test_wrong_use_is_one_line_and_status_2(run: Run, argv: list[str], message: str) -> None:
    status, out, err = run(*argv)
    assert (status, out) == (2, "")
    assert message in err and err.startswith("partner: ") and err.count("\n") == 1


def test_files_and_history(run: Run, tmp_path: Path) -> None:
    (tmp_path / "post").write_bytes(b"\xef\xbb\xbfi failed")
    (tmp_path / "reply").write_bytes(b"Try again.\r\nBye.\r\n")
    argv = ["--post-file", str(tmp_path / "post"), "--reply-file", str(tmp_path / "reply"), "--history", "seeker: hi: you"]
    _, out, _ = run(*argv, "--json", "--apply")
    row = json.loads(out)
    assert row["post"] == "i failed" and row["reply"] == "Try again.\r\nBye.\r\n"
    assert row["rewritten"] == "I'm so sorry. Try again.\r\nBye. What happened?\r\n"
    (tmp_path / "reply").write_bytes(b"caf\xe9")
    status, _, err = run(*argv)
    assert status == 2 and "is not UTF-8 text (byte 3)" in err


def test_history_reaches_the_engine(tmp_path: Path) -> None:
    seen: list[Conversation] = []

    class Listening(KeywordEngine):
        def suggest(self, conversation: Conversation, n: int = 4, alternatives: int = 0) -> Result:
            seen.append(conversation)
            return super().suggest(conversation, n, alternatives)

    turns = (("seeker", "hi"), ("supporter", "hello: you"))
    argv = ["--post", POST, "--reply", "x", "--history", "seeker: hi", "--history", "supporter:hello: you"]
    assert main(argv, rewriter_factory=Listening) == 0
    assert main(["--file", pairs(tmp_path, {"post": POST, "reply": "x", "history": turns})], rewriter_factory=Listening) == 0
    assert [c.history for c in seen] == [turns, turns]


def test_broken_lines_are_reported_and_the_rest_goes_on(run: Run, tmp_path: Path) -> None:
    good = {"post": POST, "reply": "Hm."}
    broken: list[tuple[object, str]] = [
        (b"{not json", "not JSON"),
        (b"\xff\xfe", "not UTF-8 text (byte 0)"),
        ({"post": POST}, '"reply" is missing'),
        ({"reply": "x"}, '"post" is missing'),
        ({"post": " ", "reply": "x"}, "the post is empty"),
        ({"post": 7, "reply": "x"}, "post must be a text"),
        ({"post": POST, "reply": None}, "reply must be a text"),
        ({"post": POST, "reply": "x", "history": "hello"}, "history must be a list"),
        ({"post": POST, "reply": "x", "history": [["friend", "hello"]]}, "a turn of the history"),
        ({"post": POST, "reply": "x", "history": [["seeker", 3]]}, "history must be a text"),
        (b'{"post": "\\ud83d", "reply": "x"}', "post is not valid Unicode"),
        (b"[1, 2]", "not a JSON object"),
        (b"[" * 100_000, "not JSON"),
        ({"post": "too odd", "reply": "x"}, "too odd for this engine"),
    ]
    rows = [row for item, _ in broken for row in (good, item)]
    status, out, err = run("--file", pairs(tmp_path, *rows, b"", good), "--json")
    assert status == 1
    assert [json.loads(line)["line"] for line in out.splitlines()] == [*range(1, 2 * len(broken), 2), 2 * len(broken) + 2]
    reports = err.splitlines()
    assert len(reports) == len(broken) + 1
    for number, (report, (_, message)) in enumerate(zip(reports, broken, strict=False), 1):
        assert report.startswith(f"partner: line {2 * number}: {message}")
    assert reports[-1] == f"partner: {len(broken)} lines could not be used"


def test_a_file_as_text_names_its_lines(run: Run, tmp_path: Path) -> None:
    status, out, err = run("--file", pairs(tmp_path, {"post": POST, "reply": "Hm."}, {"post": POST, "reply": ""}), "--apply")
    assert (status, err) == (0, "")
    assert out == "--- line 1 ---\nI'm so sorry. Hm. What happened?\n--- line 2 ---\nI'm so sorry. What happened?\n"


def test_pairs_from_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"post": "a b", "reply": "c"}')))
    status, out, _ = run("--file", "-", "--json")
    assert status == 0 and json.loads(out)["post"] == "a b"


def test_an_interrupt_keeps_what_was_printed(run: Run, tmp_path: Path) -> None:
    good = {"post": POST, "reply": "Hm."}
    status, out, err = run("--file", pairs(tmp_path, good, {"post": "stop the program", "reply": ""}, good), "--json")
    assert status == 130 and err == ""
    assert [json.loads(line)["line"] for line in out.splitlines()] == [1]


def test_help_has_examples(run: Run) -> None:
    status, out, _ = run("--help")
    assert status == 0
    assert 'python -m partner --post "my dog died today" --draft' in out


def test_control_characters_cannot_steer_the_terminal() -> None:
    evil = "a\x1b]0;title\x07b\x9b2Jc\rd\u202ee\u2028f\x7fg"
    assert neutral(evil) == "a\\x1b]0;title\\x07b\\x9b2Jc\\x0dd\\u202ee\\u2028f\\x7fg"
    family = "👨\u200d👩\u200d👧 ❤️ naïve 你好\u00a0\tok\n"
    assert neutral(family) == family
    engine = KeywordEngine()
    result = engine.suggest(Conversation(POST, f"Cheer up {evil} x. Yes {evil}"))
    text = render(result, engine.score(result.conversation))
    assert all(c.isprintable() or c == "\n" for c in text)


@given(st.text(st.characters(codec=None)))
def test_neutral_text_is_harmless_and_readable_text_unchanged(text: str) -> None:
    shown = neutral(text)
    assert not any(
        (c < " " and c not in "\n\t") or "\x7f" <= c <= "\x9f" or c in "\u202a\u202b\u202d\u202e\u2066" for c in shown
    )
    if all(c.isprintable() and c.isascii() for c in text):
        assert shown == text


def test_colour_only_where_it_is_wanted_and_never_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = KeywordEngine()
    result = engine.suggest(Conversation(POST, "Cheer up. Bye."))
    coloured, plain = (render(result, engine.score(result.conversation), color) for color in (True, False))
    assert "\x1b[32m+ [1] I'm so sorry.\x1b[0m" in coloured and "\x1b[31m- [2] Cheer up.\x1b[0m" in coloured
    for code in ("\x1b[31m", "\x1b[32m", "\x1b[1m", "\x1b[0m"):
        coloured = coloured.replace(code, "")
    assert coloured == plain

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert wants_color(Terminal()) and not wants_color(io.StringIO())
    monkeypatch.setenv("TERM", "dumb")
    assert not wants_color(Terminal())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    assert not wants_color(Terminal())


PROGRAM = """
import sys
from partner.__main__ import main
from partner.edits import apply
from tests.partner.test_cli import KeywordEngine
sys.exit(main(rewriter_factory=KeywordEngine))
"""


def start(*argv: str, **how: object) -> subprocess.Popen[str]:
    """The command line with the keyword engine as a process of its own."""
    env = dict(os.environ, PYTHONPATH=str(ROOT), TERM="xterm", PYTHONIOENCODING="utf-8")
    env.pop("NO_COLOR", None)
    defaults: dict = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "cwd": ROOT, "env": env}
    return subprocess.Popen([sys.executable, "-c", PROGRAM, *argv], **(defaults | how))


def test_a_reader_that_leaves_early_is_no_error(tmp_path: Path) -> None:
    process = start("--file", pairs(tmp_path, *[{"post": POST, "reply": "Hm."}] * 3000), "--json")
    assert process.stdout and process.stderr
    assert json.loads(process.stdout.readline())["line"] == 1
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait(300) == 141


def test_ctrl_c_ends_with_130_and_no_trace(tmp_path: Path) -> None:
    process = start(
        "--file", pairs(tmp_path, {"post": POST, "reply": "Hm."}, {"post": "wait for a signal", "reply": "x"}), "--json"
    )
    assert process.stdout and process.stderr
    assert json.loads(process.stdout.readline())["line"] == 1
    process.send_signal(signal.SIGINT)
    assert process.wait(300) == 130
    assert (process.stdout.read(), process.stderr.read()) == ("", "")


def test_a_full_disk_is_one_line() -> None:
    with open("/dev/full", "w") as full:
        process = start("--post", POST, "--reply", "Hm.", stdout=full)
        _, err = process.communicate(timeout=300)
    assert (process.returncode, err) == (2, "partner: No space left on device\n")


def test_on_a_terminal_marks_are_coloured_and_posts_are_not_obeyed() -> None:
    ours, theirs = pty.openpty()
    process = start("--post", POST, "--reply", "Cheer up. \x1b[2J\x1b]0;owned\x07", stdout=theirs)
    os.close(theirs)
    shown = b""
    try:
        while chunk := os.read(ours, 4096):
            shown += chunk
    except OSError:  # Linux reports the end of a pseudo-terminal this way
        pass
    os.close(ours)
    assert process.wait(300) == 0
    assert b"\x1b[32m+ [1] I'm so sorry." in shown
    assert b"\\x1b[2J\\x1b]0;owned\\x07" in shown
    for code in (b"\x1b[31m", b"\x1b[32m", b"\x1b[1m", b"\x1b[0m"):
        shown = shown.replace(code, b"")
    assert b"\x1b" not in shown and b"\x07" not in shown


def shipped(*argv: str, **env: str) -> subprocess.CompletedProcess[str]:
    """`python -m partner` with the shipped models, on one thread so that a busy machine does not slow it tenfold."""
    command = [sys.executable, "-m", "partner", *argv]
    environment = dict(os.environ, OMP_NUM_THREADS="1", **env)
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", cwd=ROOT, env=environment, timeout=500)


def test_the_shipped_models_answer_a_file(tmp_path: Path) -> None:
    rows = [
        {"post": "I failed my exam and my dad won't talk to me. I feel so alone.", "reply": "You can retake it.\n\nBye!"},
        b"{broken",
        {"post": "i want to end my life tonight", "reply": "Hang on."},
        {"post": "Mein Hund ist gestern gestorben und ich weiß nicht, wie ich weitermachen soll", "reply": "Hm."},
    ]
    done = shipped("--file", pairs(tmp_path, *rows), "--json", "--apply", "-n", "2")
    assert done.returncode == 1
    assert done.stderr.startswith("partner: line 2: not JSON") and "Traceback" not in done.stderr
    everyday, crisis, german = (json.loads(line) for line in done.stdout.splitlines())
    assert [row["line"] for row in (everyday, crisis, german)] == [1, 3, 4]

    assert not everyday["crisis"] and 1 <= len(everyday["suggestions"]) <= 2
    for suggestion in everyday["suggestions"]:
        assert suggestion["reason"]
        assert suggestion["scores"]["after"]["total"] > everyday["scores"]["before"]["total"]
    edits = [Edit(s["op"], s["at"], s["text"], s["mechanism"]) for s in everyday["suggestions"]]
    assert everyday["rewritten"] == apply(everyday["reply"], edits) != everyday["reply"]
    assert "\n\n" in everyday["rewritten"]

    assert crisis["crisis"] and crisis["message"] == CRISIS_NOTE
    assert len(crisis["suggestions"]) == 2 and all(s["scores"] is None for s in crisis["suggestions"])
    assert "Hang on." in crisis["rewritten"]

    assert german["suggestions"] == [] and "English" in german["message"] and german["rewritten"] == "Hm."


def test_missing_weights_are_named_in_one_line(tmp_path: Path) -> None:
    done = shipped("--post", POST, "--reply", "Hm.", PARTNER_ASSETS=str(tmp_path))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert str(tmp_path / "SHA256SUMS") in done.stderr and "PARTNER_ASSETS" in done.stderr
