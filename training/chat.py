"""`python -m training chat`: talk with a checkpoint over several turns, or let two checkpoints talk (`--self-play`).

Where the seeker's words show signs of danger nothing is generated: the note and the resources of `partner.safety` come
instead. Of several replies drawn, those that say what no assistant may (`training.dialogue.unfit`) are left out, and the
best by a reward model (`--reward-model`), or else the likeliest per token, is said.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import torch

from partner.candidates import Sampling
from partner.crisis_model import CrisisDetector
from partner.policy import PartnerPolicy
from partner.prompt import END
from partner.retrieval import Embedder
from partner.safety import CRISIS_NOTE, CRISIS_RESOURCES
from partner.terminal import neutral
from partner.types import Conversation
from training.data.contexts import conversation_of
from training.data.edits import read_edits
from training.data.records import DataError
from training.dialogue import LONGEST, decider, prompt, sample, text_of, unfit
from training.reward_network import RewardModel

HELP = "/new starts over, /quit (or Ctrl-D) ends"
NOTHING = "I'm here, and I'm listening."
"""Said where every reply drawn was empty or unfit."""


@dataclass
class Speaker:
    """A checkpoint that answers.

    Attributes:
        policy: in evaluation mode.
        generator: of the draws.
        sampling: temperature, top-k and nucleus.
        candidates: replies drawn for each turn.
        reward: scores them; the likeliest per token is said without it.
        longest: most tokens of a reply.
    """

    policy: PartnerPolicy
    generator: torch.Generator
    sampling: Sampling = field(default_factory=lambda: Sampling(temperature=0.7))
    candidates: int = 8
    reward: RewardModel | None = None
    longest: int = LONGEST

    def reply(self, conversation: Conversation) -> tuple[str, float | None]:
        """The reply, and its score under the reward model where there is one."""
        ids = prompt(self.policy.layout, conversation)
        drawn = sample(self.policy, [ids], self.candidates, self.generator, self.longest, self.sampling)
        end = self.policy.layout.id[END]
        told = [(r, text_of(self.policy, r)) for r in drawn if r[-1] == end]
        told = [(r, text) for r, text in told if text and not unfit(text)]
        if not told:
            return NOTHING, None
        fit, texts = zip(*told, strict=True)
        if self.reward:
            scores = self.reward.score([conversation] * len(texts), texts)
        else:
            with torch.no_grad():
                log_probs = decider([ids] * len(fit), fit)(self.policy, torch.arange(len(fit))).log_probs
            scores = (log_probs.sum(1) / torch.tensor([len(r) for r in fit], device=log_probs.device)).tolist()
        best = max(range(len(texts)), key=scores.__getitem__)
        return texts[best], scores[best] if self.reward else None


def talk(speaker: Speaker, crisis: Callable[[Conversation], bool], lines: Iterator[str], say: Callable[[str], None]) -> None:
    """Answer line after line until they end or one is `/quit`; what was said before is the history."""
    turns: list[str] = []
    for line in lines:
        text = line.strip()
        if text == "/quit":
            return
        if text == "/new":
            turns = []
            say("(a new conversation)")
        elif text:
            conversation = conversation_of([*turns, text])
            if crisis(conversation):
                # The words stay in the history, so that what follows is not answered lightly either.
                say(f"{CRISIS_NOTE}\n{CRISIS_RESOURCES}")
                turns += [text, ""]
                continue
            reply, score = speaker.reply(conversation)
            say(neutral(reply) + ("" if score is None else f"  [reward {score:.2f}]"))
            turns += [text, reply]


def self_play(
    speakers: tuple[Speaker, Speaker], opening: str, turns: int, crisis: Callable[[Conversation], bool]
) -> dict[str, object]:
    """Two checkpoints answer each other, the first one first; each takes the other for the seeker.

    Returns:
        `{"opening", "turns": [{"speaker": "A" or "B", "text", "reward"}], "crisis"}`; it ends early where a turn shows
        signs of danger.
    """
    said, out, danger = [opening], [], False
    for number in range(turns):
        conversation = conversation_of(said)
        danger = crisis(conversation)
        if danger:
            break
        text, score = speakers[number % 2].reply(conversation)
        out.append({"speaker": "AB"[number % 2], "text": text, "reward": None if score is None else round(score, 4)})
        said.append(text)
    return {"opening": opening, "turns": out, "crisis": danger}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", nargs="?", help="policy folder, such as RUN/policy")
    parser.add_argument("--self-play", nargs=2, metavar=("A", "B"), help="two policy folders that talk with each other")
    parser.add_argument("--turns", type=int, default=6, help="self-play: turns after the opening")
    parser.add_argument("--sessions", type=int, default=1, help="self-play: conversations")
    parser.add_argument(
        "--opening", action="append", help="self-play: first seeker turn, once a session (default: our own posts)"
    )
    parser.add_argument("--out", type=Path, default=Path("runs/self-play.jsonl"), help="self-play: file, one session a line")
    parser.add_argument("--reward-model", type=Path, help="run of a reward model that chooses among the replies drawn")
    parser.add_argument("--candidates", type=int, default=8, help="replies drawn for each turn")
    parser.add_argument("--temperature", type=float, default=0.7, help="of the draws")
    parser.add_argument("--longest", type=int, default=LONGEST, help="most tokens of a reply")
    parser.add_argument("--seed", type=int, default=0, help="of the draws")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="CPU threads")


def run(args: argparse.Namespace) -> int:
    """Chat or self-play.

    Raises:
        DataError: neither a checkpoint nor two for self-play were given, or a number is out of range.
        ModelError: a folder holds no policy or no reward model.
    """
    torch.set_num_threads(args.threads)
    if bool(args.checkpoint) == bool(args.self_play):
        raise DataError("give one checkpoint to talk with, or --self-play A B for two that talk with each other")
    if min(args.turns, args.sessions, args.candidates, args.longest) < 1 or not args.temperature > 0:
        raise DataError("--turns, --sessions, --candidates and --longest must be 1 or more, and --temperature above 0")
    reward = RewardModel.load(args.reward_model) if args.reward_model else None
    generator = torch.Generator().manual_seed(args.seed)
    policies = {path: PartnerPolicy.load(path) for path in dict.fromkeys(args.self_play or [args.checkpoint])}
    speakers = [
        Speaker(policies[path], generator, Sampling(temperature=args.temperature), args.candidates, reward, args.longest)
        for path in args.self_play or [args.checkpoint]
    ]
    crisis = CrisisDetector(Embedder(threads=args.threads))
    if args.self_play:
        return _sessions(args, (speakers[0], speakers[1]), crisis)
    print(HELP)
    talk(speakers[0], crisis, _lines(), lambda text: print(f"partner: {text}\n", flush=True))
    return 0


def _lines() -> Iterator[str]:
    while True:
        if sys.stdin.isatty():
            print("you: ", end="", flush=True)
        line = sys.stdin.readline()
        if not line:
            return
        yield line


def _sessions(args: argparse.Namespace, speakers: tuple[Speaker, Speaker], crisis: Callable[[Conversation], bool]) -> int:
    openings = args.opening or _own_posts(args.sessions, args.seed, crisis)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    new = args.out.with_name(args.out.name + ".new")
    with new.open("w", encoding="utf-8") as file:
        for number in range(args.sessions):
            session = self_play(speakers, openings[number % len(openings)], args.turns, crisis)
            file.write(json.dumps({"A": args.self_play[0], "B": args.self_play[1]} | session, ensure_ascii=False) + "\n")
            print(f"{number + 1}. {neutral(str(session['opening']))}")
            for turn in session["turns"]:
                print(f"   {turn['speaker']}: {neutral(turn['text'])}")
            if session["crisis"]:
                print(f"   ended: {CRISIS_NOTE}")
    os.replace(new, args.out)
    print(f"{args.sessions} conversations written to {args.out}")
    return 0


def _own_posts(number: int, seed: int, crisis: Callable[[Conversation], bool]) -> list[str]:
    """Posts of the project's held-out authored records."""
    posts = list(dict.fromkeys(r.conversation.post for r in read_edits("dev") if not r.conversation.history))
    Random(seed).shuffle(posts)
    found: list[str] = []
    for post in posts:
        if len(found) == number:
            break
        if not crisis(Conversation(post)):
            found.append(post)
    return found
