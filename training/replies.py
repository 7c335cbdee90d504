"""`python -m training replies`: what dialogue checkpoints answer to EmpatheticDialogues, measured side by side by turn.

The table has the form of EmpathyGAIL's Table 2 (Muthukumar et al., 2021): perplexity of people's replies and BLEU of
generated ones after 1, 2 and 3 or more turns; with EmpRL's share of replies whose EPITOME levels are those of the person's
reply (Ma et al., arXiv 2408.02976), and how often a discriminator trained afterwards tells the replies from people's.
The texts go to files that `python -m evaluation run FILE --systems file=FILE` measures further (distinct-n, embeddings).
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random

import numpy as np
import sacrebleu
import torch
from tqdm import tqdm

from partner.candidates import Sampling
from partner.crisis_model import CrisisDetector
from partner.policy import PartnerPolicy
from partner.retrieval import Embedder
from partner.types import MECHANISMS, Empathy
from training import dialogue
from training.data.records import DataError
from training.data.trajectories import Trajectory, read_trajectories
from training.discriminator import Discriminator, DiscriminatorArgs, hit
from training.rewards import Resources
from training.rewards.alignment import distances, matches

TURNS = {"1 turn": (1, 1), "2 turns": (2, 2), "3+ turns": (3, math.inf), "all": (1, math.inf)}
RESAMPLES = 1000


@dataclass(frozen=True)
class Answered:
    """One conversation and what a policy makes of it.

    Attributes:
        trajectory: conversation and a person's reply.
        reply: the policy's.
        log_likelihood: of the person's reply under the policy, nats.
        tokens: of the person's reply, its end included.
        distance: -alignment, sum over mechanisms of E|level - target level|, 0 to 6.
        matched: whether the likeliest EPITOME levels are the target's, by mechanism.
    """

    trajectory: Trajectory
    reply: str
    log_likelihood: float
    tokens: int
    distance: float
    matched: dict[str, bool]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("policies", nargs="+", metavar="NAME=FOLDER", help="dialogue checkpoints; the first is compared with")
    parser.add_argument("--out", type=Path, required=True, help="folder for the replies and figures.json")
    parser.add_argument("--split", choices=("valid", "test"), default="test", help="part of EmpatheticDialogues")
    parser.add_argument("--limit", type=int, default=200, help="conversations of each length: 1, 2, and 3 or more turns")
    parser.add_argument("--data", type=Path, help="data folder (default: PARTNER_DATA or ../shared/data)")
    parser.add_argument("--temperature", type=float, default=0.9, help="of the replies; as EmpRL samples")
    parser.add_argument("--top-k", type=int, default=20, help="likeliest tokens to draw from; 1 is greedy")
    parser.add_argument("--top-p", type=float, default=1.0, help="nucleus")
    parser.add_argument(
        "--judge", type=int, default=0, help="train a discriminator on so many replies of each policy; 0 leaves that out"
    )
    parser.add_argument("--judge-layers", type=int, default=3, help="layers of MiniLM that discriminator has")
    parser.add_argument("--seed", type=int, default=0, help="of sampling and resampling")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="CPU threads")


def run(args: argparse.Namespace) -> int:
    torch.set_num_threads(args.threads)
    named = dict(one.partition("=")[::2] for one in args.policies)
    if len(named) < len(args.policies) or not all(named.values()):
        raise DataError("give each policy a name of its own: mle=runs/dialogue/policy gail=runs/gail/policy")
    detector = CrisisDetector(Embedder(threads=args.threads))
    everything = read_trajectories(args.split, args.data, wanted=fit)
    cases = []
    for low, high in list(TURNS.values())[:3]:
        calm = (one for one in everything if low <= one.turns <= high and not detector(one.conversation))
        cases += islice(calm, args.limit)
    training = read_trajectories("train", args.data, args.judge, wanted=fit, crisis=detector) if args.judge else []
    resources = Resources(threads=args.threads)
    args.out.mkdir(parents=True, exist_ok=True)
    found: dict[str, list[Answered]] = {}
    logits: dict[str, torch.Tensor] = {}
    for name, folder in named.items():
        policy = PartnerPolicy.load(folder, torch.float32).to("cuda" if torch.cuda.is_available() else "cpu")
        found[name] = answered(policy, cases, resources, args)
        write(found[name], args.out / f"{name}.jsonl")
        if training:
            logits[name] = judge(policy, training, found[name], args)
    figures = table(found, logits, args.seed)
    (args.out / "figures.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(markdown(figures))
    return 0


def fit(trajectory: Trajectory) -> bool:
    """Whether the person's reply is one an assistant may give; stories of one's own are neither learned nor measured."""
    return bool(trajectory.target.strip()) and not dialogue.unfit(trajectory.target)


def generate(policy: PartnerPolicy, cases: Sequence[Trajectory], args: argparse.Namespace, size: int = 32) -> list[str]:
    """One reply to each conversation, drawn as the options say."""
    generator = torch.Generator().manual_seed(args.seed)
    sampling = Sampling(args.temperature, args.top_k, args.top_p)
    replies = []
    for start in tqdm(range(0, len(cases), size), desc="replies", unit=" batches"):
        prompts = [dialogue.prompt(policy.layout, one.conversation) for one in cases[start : start + size]]
        drawn = dialogue.sample(policy, prompts, 1, generator, sampling=sampling)
        replies += [dialogue.text_of(policy, ids) for ids in drawn]
    return replies


@torch.inference_mode()
def log_likelihoods(policy: PartnerPolicy, cases: Sequence[Trajectory], size: int = 32) -> list[tuple[float, int]]:
    """Log-likelihood of each person's reply in nats, and its tokens with the end token."""
    prompts = [dialogue.prompt(policy.layout, one.conversation) for one in cases]
    targets = [policy.layout.what(one.target) for one in cases]
    decide = dialogue.decider(prompts, targets)
    sums = [decide(policy, chosen).log_probs.sum(1) for chosen in torch.arange(len(cases)).split(size)]
    return [(float(s), len(t)) for s, t in zip(torch.cat(sums), targets, strict=True)]


def answered(
    policy: PartnerPolicy, cases: Sequence[Trajectory], resources: Resources, args: argparse.Namespace
) -> list[Answered]:
    """Replies to the conversations, with what is measured on each by itself."""
    replies = generate(policy, cases, args)
    likelihoods = log_likelihoods(policy, cases)
    generated = resources.empathy([(c.conversation.post, r) for c, r in zip(cases, replies, strict=True)])
    targets: list[Empathy] = resources.empathy([(c.conversation.post, c.target) for c in cases])
    return [
        Answered(case, reply, likelihood, tokens, sum(distances(g, t).values()), matches(g, t))
        for case, reply, (likelihood, tokens), g, t in zip(cases, replies, likelihoods, generated, targets, strict=True)
    ]


def write(rows: Sequence[Answered], path: Path) -> None:
    """The rows as `python -m evaluation run` reads them, both as input and as `file=`."""
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            conversation = row.trajectory.conversation
            record = {"post": conversation.post, "reply": "", "history": [list(turn) for turn in conversation.history]}
            record |= {"reference": row.trajectory.target, "rewrite": row.reply, "turns": row.trajectory.turns}
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


def judge(
    policy: PartnerPolicy, training: Sequence[Trajectory], rows: Sequence[Answered], args: argparse.Namespace, size: int = 16
) -> torch.Tensor:
    """Train a discriminator from scratch on the policy's replies to training conversations; its verdicts on `rows`.

    A discriminator that was fooled during GAIL says little: it is the opponent the generator learned to beat. One trained
    afterwards, with the same budget for every policy, says how different the replies still are.

    Returns:
        (2, rows) 1 where the person's reply (first) and the generated one (second) are called what they are.
    """
    torch.manual_seed(args.seed)
    model = Discriminator.pretrained(DiscriminatorArgs(layers=args.judge_layers)).to(policy.device)
    optimizer = model.optimizer()
    human = [(one.conversation, one.target) for one in training]
    made = [(one.conversation, reply) for one, reply in zip(training, generate(policy, training, args), strict=True)]
    Random(args.seed).shuffle(made)  # so that a pair of the same conversation is rarely in one minibatch
    for start in tqdm(range(0, len(human), size), desc="judge", unit=" updates"):
        model.step(human[start : start + size], made[start : start + size], optimizer)
    people = model.logits([(row.trajectory.conversation, row.trajectory.target) for row in rows])
    return hit(people, model.logits([(row.trajectory.conversation, row.reply) for row in rows])).view(2, -1)


def table(found: dict[str, list[Answered]], verdicts: dict[str, torch.Tensor], seed: int) -> dict:
    """All figures by turns, and their differences from the first policy with 95 % intervals (paired percentile bootstrap)."""
    figures: dict[str, dict] = {}
    first = next(iter(found))
    for span, (low, high) in TURNS.items():
        chosen = [i for i, row in enumerate(found[first]) if low <= row.trajectory.turns <= high]
        if not chosen:
            continue
        draws = np.random.default_rng(seed).integers(0, len(chosen), (RESAMPLES, len(chosen)))
        values = {
            n: columns([rows[i] for i in chosen], verdicts[n][:, chosen] if verdicts else None) for n, rows in found.items()
        }
        figures[span] = {"conversations": len(chosen)}
        for name, own in values.items():
            entry = {key: float(figure(own[key])) for key, figure in FIGURES.items() if key in own}
            if name != first:
                entry["difference"] = {}
                for key in entry.keys() - {"difference"}:
                    of, base = FIGURES[key], values[first][key]
                    drawn = [of(own[key][d]) - of(base[d]) for d in draws]
                    low_high = np.quantile(drawn, [0.025, 0.975])
                    entry["difference"][key] = [float(of(own[key]) - of(base)), *map(float, low_high)]
            figures[span][name] = entry
    return figures


def columns(rows: Sequence[Answered], verdicts: torch.Tensor | None) -> dict[str, np.ndarray]:
    """Per conversation what each figure is computed from, (rows, columns)."""
    made = {
        "perplexity": [(row.log_likelihood, row.tokens) for row in rows],
        "BLEU": [bleu_counts(row.reply, row.trajectory.target) for row in rows],
        "alignment": [(-row.distance,) for row in rows],
        "levels matched": [(all(row.matched.values()),) for row in rows],
    }
    made |= {f"{m} matched": [(row.matched[m],) for row in rows] for m in MECHANISMS}
    if verdicts is not None:
        made["discriminator accuracy"] = verdicts.T.tolist()
    return {key: np.array(value, dtype=float) for key, value in made.items()}


_BLEU = sacrebleu.BLEU(lowercase=True, smooth_method="exp")


def bleu_counts(reply: str, target: str) -> list[float]:
    """What sacreBLEU needs of one pair: lengths, then matched and all n-grams of 1 to 4 words."""
    score = _BLEU.corpus_score([reply], [[target]])
    return [score.sys_len, score.ref_len, *score.counts, *score.totals]


def bleu(counts: np.ndarray) -> float:
    """Corpus BLEU (sacreBLEU, 13a, lower case, exponential smoothing), 0 to 100, of summed `bleu_counts`."""
    total = counts.sum(0).astype(int).tolist()
    return sacrebleu.BLEU.compute_bleu(total[2:6], total[6:], total[0], total[1], smooth_method="exp").score


FIGURES = {
    "perplexity": lambda c: np.exp(-c[:, 0].sum() / c[:, 1].sum()),
    "BLEU": bleu,
    "alignment": lambda c: c.mean(),
    "levels matched": lambda c: 100 * c.mean(),
    **{f"{m} matched": lambda c: 100 * c.mean() for m in MECHANISMS},
    "discriminator accuracy": lambda c: 100 * c.mean(),
}
"""From the columns of some conversations to the figure; shares in per cent."""


def markdown(figures: dict) -> str:
    """The figures as a table, one line a policy and number of turns."""
    names = [key for key in FIGURES if any(key in e for s in figures.values() for e in s.values() if isinstance(e, dict))]
    lines = [" | ".join(["| turns", "n", "policy", *names]) + " |", "|---" * (len(names) + 3) + "|"]
    for span, entry in figures.items():
        for name, own in entry.items():
            if isinstance(own, dict):
                cells = [f"{own[key]:.2f}" for key in names]
                lines.append(" | ".join([f"| {span}", str(entry["conversations"]), name, *cells]) + " |")
                if "difference" in own:
                    cells = ["{:+.2f} ({:+.2f} to {:+.2f})".format(*own["difference"][key]) for key in names]
                    lines.append(" | ".join([f"| {span}", "", f"{name}, difference", *cells]) + " |")
    return "\n".join(lines)
