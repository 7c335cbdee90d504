"""The command line: `python -m partner`. One pair or a file of pairs in, suggestions out, as text or JSON."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO, NoReturn, Protocol

from partner.checks import checked_history, checked_text
from partner.edits import apply
from partner.models import ModelError
from partner.terminal import neutral, render, wants_color
from partner.types import Conversation, Empathy, Result

EXAMPLES = """\
examples:
  python -m partner --post "I failed my exam and cant stop crying" --reply "You can retake it."
  python -m partner --post-file post.txt --reply-file reply.txt --alternatives 2
  python -m partner --post "my dog died today" --draft
  python -m partner --post "he left" --reply "Cheer up." --history "seeker: hi" --history "supporter: hello, what happened?"
  python -m partner --post "I failed my exam" --reply "You can retake it." --apply
  python -m partner --file pairs.jsonl --json > results.jsonl

pairs.jsonl holds one {"post": "...", "reply": "...", "history": [["seeker", "..."], ["supporter", "..."]]} a line;
history may be left out, "-" as a file name reads standard input. With --json every result carries its line number.

exit status: 0 done; 1 some lines of --file could not be used (each is reported); 2 wrong use or missing weights; 130 Ctrl-C
"""


class InputError(ValueError):
    """Something the user gave cannot be used; the message is one line for them."""


class Engine(Protocol):
    """What the command line needs of `partner.rewriter.Rewriter`."""

    def suggest(self, conversation: Conversation, n: int = 4, alternatives: int = 0) -> Result:
        """Ranked edits for the reply."""
        ...

    def score(self, conversation: Conversation) -> Empathy:
        """EPITOME of the reply as it stands."""
        ...


def main(argv: Sequence[str] | None = None, rewriter_factory: Callable[..., Engine] | None = None) -> int:
    """Run the command line.

    Args:
        argv: arguments without the program name; `sys.argv` by default.
        rewriter_factory: called as `factory(checkpoint=..., seed=...)`; the shipped `Rewriter` by default.

    Returns:
        the exit status; wrong options and `--help` leave by `SystemExit`, as argparse does.
    """
    if hasattr(sys.stdout, "reconfigure"):  # a terminal that cannot show a letter shows its number
        sys.stdout.reconfigure(errors="backslashreplace")
    options = _parser().parse_args(argv)
    try:
        status = _run(options, rewriter_factory or _rewriter)
        sys.stdout.flush()
        return status
    except (ValueError, ModelError) as error:
        print(f"partner: {_line(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except OSError as error:  # standard output is gone or full
        # Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):  # the reader left, as `head` does
            return 141
        print(f"partner: {error.strerror or error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = _OneLineParser(
        prog="python -m partner",
        description="Suggests sentence-level edits that make a peer supporter's reply more empathic. Works offline.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    given = parser.add_argument_group("what to work on")
    post = given.add_mutually_exclusive_group()
    post.add_argument("--post", metavar="TEXT", help="the post that is being answered")
    post.add_argument("--post-file", metavar="PATH", help="read the post from a file")
    post.add_argument("--file", metavar="PATH", help="work on many pairs, one JSON object a line")
    reply = given.add_mutually_exclusive_group()
    reply.add_argument("--reply", metavar="TEXT", help="the draft reply; if it is empty, sentences to start from are suggested")
    reply.add_argument("--reply-file", metavar="PATH", help="read the draft reply from a file")
    reply.add_argument("--draft", action="store_true", help="there is no reply yet: suggest sentences to start from")
    given.add_argument(
        "--history",
        metavar="TURN",
        action="append",
        default=[],
        help='an earlier turn, "seeker: ..." or "supporter: ...", oldest first',
    )
    wanted = parser.add_argument_group("what to get")
    wanted.add_argument("-n", metavar="N", type=_positive, default=4, help="suggestions at most (4)")
    wanted.add_argument("--alternatives", metavar="N", type=_natural, default=0, help="other wordings of each suggestion (0)")
    wanted.add_argument("--apply", action="store_true", help="print the reply with all suggestions applied and nothing else")
    wanted.add_argument("--json", action="store_true", help='print JSON; with --apply it has "rewritten" too')
    wanted.add_argument("--checkpoint", metavar="FOLDER_OR_NAME", help="a policy of your own instead of the shipped one")
    wanted.add_argument(
        "--seed", metavar="N", type=_natural, default=0, help="of the sampling; the same seed gives the same result (0)"
    )
    return parser


class _OneLineParser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"partner: {neutral(message)} (try --help)\n")


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    return int(text)


def _natural(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 0 or more")
    return int(text)


def _rewriter(checkpoint: str | None, seed: int) -> Engine:
    from partner.rewriter import Rewriter  # loads torch, so only once the input is known to be good

    return Rewriter(checkpoint=checkpoint, seed=seed)


def _run(options: argparse.Namespace, factory: Callable[..., Engine]) -> int:
    if options.file is not None:
        if options.reply is not None or options.reply_file or options.draft or options.history:
            raise InputError(
                "--file brings its own replies and history: leave out --reply, --reply-file, --draft and --history"
            )
        return _many(options, factory)
    conversation = _conversation(options)
    _answer(factory(checkpoint=options.checkpoint, seed=options.seed), conversation, options, {})
    return 0


def _conversation(options: argparse.Namespace) -> Conversation:
    """The one pair of the options."""
    post = _read(options.post_file) if options.post_file else options.post
    reply = _read(options.reply_file) if options.reply_file else "" if options.draft else options.reply
    if post is None:
        raise InputError("nothing to answer: give --post, --post-file or --file (try --help)")
    if reply is None:
        raise InputError("no reply given: use --reply, --reply-file, or --draft to start from nothing")
    turns = []
    for turn in options.history:
        role, colon, text = turn.partition(":")
        if not colon:
            raise InputError(f'--history {turn!r} has no role: write "seeker: ..." or "supporter: ..."')
        turns.append((role.strip(), text.strip()))
    return _checked(post, reply, turns)


def _checked(post: Any, reply: Any, history: Any) -> Conversation:
    """A conversation of checked parts.

    Raises:
        ValueError: a part is missing, of the wrong type or not valid text.
    """
    turns = checked_history(history)
    post, reply = checked_text("post", post), checked_text("reply", reply)
    if not post.strip():
        raise InputError("the post is empty: give the message that is being answered")
    return Conversation(post, reply, turns)


def _read(path: str) -> str:
    """A text file as it is, line ends included; "-" is standard input."""
    try:
        with _opened(path) as file:
            return file.read().decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text (byte {error.start})") from error


def _many(options: argparse.Namespace, factory: Callable[..., Engine]) -> int:
    """Every line of --file; a line that cannot be used is reported and the rest goes on."""
    from tqdm import tqdm

    with _opened(options.file) as file:
        total = None
        if file.seekable():
            start = file.tell()
            total = sum(1 for _ in file)
            file.seek(start)
        engine = factory(checkpoint=options.checkpoint, seed=options.seed)
        broken = 0
        # Where the results scroll by on the same terminal they are the progress.
        with tqdm(total=total, unit="pair", disable=not sys.stderr.isatty() or sys.stdout.isatty()) as progress:
            for number, line in enumerate(file, 1):
                try:
                    if line.strip():
                        _answer(engine, _pair(line), options, {"line": number})
                except ValueError as error:
                    broken += 1
                    progress.clear()
                    print(f"partner: line {number}: {_line(error)}", file=sys.stderr, flush=True)
                progress.update()
    if broken:
        print(f"partner: {broken} line{'s' * (broken != 1)} could not be used", file=sys.stderr)
    return 1 if broken else 0


def _opened(path: str) -> BinaryIO:
    try:
        return sys.stdin.buffer if path == "-" else open(path, "rb")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except ValueError as error:  # a null byte in the name
        raise InputError(f"cannot read {path}: {error}") from error


def _pair(line: bytes) -> Conversation:
    """The conversation in one line of --file."""
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 text (byte {error.start})") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"not JSON ({error})") from error
    if not isinstance(row, dict):
        raise InputError('not a JSON object with "post" and "reply"')
    for field in ("post", "reply"):
        if field not in row:
            raise InputError(f'"{field}" is missing')
    return _checked(row["post"], row["reply"], row.get("history", []))


def _answer(engine: Engine, conversation: Conversation, options: argparse.Namespace, extra: dict[str, Any]) -> None:
    """Suggest for one pair and print it."""
    result = engine.suggest(conversation, n=options.n, alternatives=options.alternatives)
    rewritten = apply(conversation.reply, [s.edit for s in result.suggestions])
    if options.json:
        row = extra | result.to_json() | ({"rewritten": rewritten} if options.apply else {})
        print(json.dumps(row), flush=True)
        return
    if extra:
        print(f"--- line {extra['line']} ---")
    if options.apply:
        if result.message:  # for a post with signs of danger, the crisis note
            print(f"partner: {neutral(result.message)}", file=sys.stderr)
        # To a file or a pipe go the very characters; a terminal is protected from them.
        text = neutral(rewritten) if sys.stdout.isatty() else rewritten
        print(text, end="" if text.endswith("\n") else "\n", flush=True)
        return
    after = engine.score(Conversation(conversation.post, rewritten, conversation.history)) if result.suggestions else None
    print(render(result, after, wants_color(sys.stdout)), end="\n\n" if extra else "\n", flush=True)


def _line(error: Exception) -> str:
    """The message of an error as one harmless line; those of other libraries can be paragraphs."""
    return neutral(" ".join(str(error).split()))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:  # pressed before or after the work itself
        sys.exit(130)
