"""`python -m training offline-language`: learners of `offline` on a small language whose true reward is known exactly.

A seeker names a subject; the behaviour policy answers by a grammar, `opener adverb adjective [question]`, with known
probabilities. One adjective is right for each subject (0.6) and one question is worth asking (0.4); a sentence outside the
grammar earns -1, but nobody ever wrote one, so the log cannot say so. A learner that trusts its guesses about words that
were never written in a place is punished by the truth and not by the log. The grammar has 360 sentences, which can be summed
over: every figure is the exact expected reward of a policy and not an estimate from samples.
"""

from __future__ import annotations

import argparse
import copy
import itertools
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from random import Random
from statistics import fmean, stdev

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from torch import Tensor
from tqdm import tqdm
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

from partner.policy import PartnerPolicy
from partner.types import Conversation
from training.algorithms.offline import Offline, OfflineLearner, batch_constraint, experience
from training.data.logged import WHOLE, Logged
from training.data.records import DataError
from training.dialogue import prompt, reply_logits

SUBJECTS = "dog exam job flat friend car".split()
RIGHT = dict(zip(SUBJECTS, "lonely scary unfair cold painful costly".split(), strict=True))
OPENERS = ("that sounds", "this must be", "it seems", "i think it is")
ADVERBS = "so very really quite truly".split()
ADJECTIVES = tuple(RIGHT.values())
QUESTIONS = {"": 0.5, "are you well ?": 0.25, "what happened ?": 0.25}
ASKED = "what happened ?"
OTHER_WORDS = (
    "the a an of on at by from with into over under after before again always never maybe often soon today tomorrow house "
    "garden river table window music paper bread water light stone field street letter number colour summer winter monday "
    "green blue seven eleven twelve fast slow round open empty early late north south"
).split()
"""Words of the vocabulary that nobody writes in a reply: a language model knows many more words than a log holds."""


Pairs = Sequence[tuple[str, str]]
"""(subject, reply)"""


@dataclass(frozen=True)
class Setting:
    """Sizes of the experiment.

    Attributes:
        logged: sentences in the log; the prior learns from `pretrained` others of the same behaviour policy.
        steps, batch: updates of a learner, and sentences in each.
    """

    logged: int = 300
    pretrained: int = 3000
    prior_steps: int = 150
    steps: int = 200
    batch: int = 32
    width: int = 48
    c: float = 0.2
    polyak: float = 0.05
    learning_rate: float = 1e-3


Figures = dict[str, dict[str, dict[str, float]]]
"""By seed, policy and figure."""

PRIOR = "prior (maximum likelihood)"
VARIANTS: dict[str, dict] = {
    "Q-learning, logits as Q": {"kl": "none", "psi": False, "anchored": False},
    "Psi-learning with prior, logits as Q": {"kl": "sample", "psi": True, "anchored": False},
    "Q-learning": {"kl": "none", "psi": False},
    "Q-learning, Monte Carlo dropout": {"kl": "none", "psi": False, "monte_carlo": 5},
    "batch-constrained Q-learning": {"kl": "none", "psi": False, "bcq": 0.05},
    "Psi-learning, no prior": {"kl": "none", "psi": True},
    "KL-control, full": {"kl": "full", "psi": False},
    "KL-control, per sample": {"kl": "sample", "psi": False},
    "KL-control, Psi-learning": {"kl": "sample", "psi": True},
    "the same, Monte Carlo dropout": {"kl": "sample", "psi": True, "monte_carlo": 5},
    "the same, averaged prior": {"kl": "sample", "psi": True},
}


def sentences() -> dict[str, float]:
    """Every sentence of the grammar with its probability under the behaviour policy (the same for every subject)."""
    each = 1 / (len(OPENERS) * len(ADVERBS) * len(ADJECTIVES))
    return {
        " ".join((o, adv, adj, q)).strip(): each * p
        for (o, adv, adj), (q, p) in itertools.product(itertools.product(OPENERS, ADVERBS, ADJECTIVES), QUESTIONS.items())
    }


GRAMMAR = sentences()


def true_reward(subject: str, reply: str) -> float:
    """0.6 for the right adjective and 0.4 for the right question; -1 outside the grammar.

    >>> true_reward("dog", "that sounds so lonely what happened ?")
    1.0
    """
    if reply not in GRAMMAR:
        return -1.0
    return 0.6 * (RIGHT[subject] in reply.split()) + 0.4 * reply.endswith(ASKED)


def behave(count: int, rng: Random) -> list[tuple[str, str]]:
    """(subject, reply) pairs written by the behaviour policy."""
    replies, chances = list(GRAMMAR), list(GRAMMAR.values())
    return [(rng.choice(SUBJECTS), rng.choices(replies, chances)[0]) for _ in range(count)]


def conversation(subject: str) -> Conversation:
    return Conversation(f"my {subject}")


def new_policy(width: int, seed: int) -> PartnerPolicy:
    """A random GPT-2 of two layers over the words of the language."""
    words = dict.fromkeys(" ".join(["<unk>", "<eos>", "my", *SUBJECTS, *GRAMMAR, *OTHER_WORDS]).split())
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<eos>", unk_token="<unk>", pad_token="<eos>")
    torch.manual_seed(seed)
    size = {"n_embd": width, "n_layer": 2, "n_head": 2, "n_positions": 64}
    config = GPT2Config(vocab_size=len(words), bos_token_id=1, eos_token_id=1, **size)
    return PartnerPolicy.from_backbone(GPT2LMHeadModel(config), fast)


def log_probs(policy: PartnerPolicy, pairs: Pairs, allowed_by: tuple[PartnerPolicy, float] | None = None) -> Tensor:
    """log pi(reply | subject) of each pair, (n,), the end token included.

    Args:
        allowed_by: a prior and a threshold; tokens outside the batch constraint then have no probability.
    """
    layout = policy.layout
    starts = [prompt(layout, conversation(subject)) for subject, _ in pairs]
    whats = [layout.what(reply) for _, reply in pairs]
    first, longest = len(starts[0]), max(map(len, whats))
    pad = layout.id["<|end|>"]
    ids = torch.tensor([s + w + [pad] * (longest - len(w)) for s, w in zip(starts, whats, strict=True)])
    logits = reply_logits(policy, policy.hidden(ids[:, :-1])[:, first - 1 :])
    if allowed_by:
        prior = reply_logits(allowed_by[0], allowed_by[0].hidden(ids[:, :-1])[:, first - 1 :]).log_softmax(-1)
        logits = logits.masked_fill(~batch_constraint(prior, allowed_by[1]), float("-inf"))
    each = logits.log_softmax(-1).gather(-1, ids[:, first:, None])[..., 0]
    mask = torch.arange(longest)[None] < torch.tensor([len(w) for w in whats])[:, None]
    return each.masked_fill(~mask, 0.0).sum(-1)


def pretrain(policy: PartnerPolicy, pairs: Pairs, steps: int, seed: int, batch: int = 64) -> PartnerPolicy:
    """Maximum likelihood on sentences of the behaviour policy."""
    rng = Random(seed)
    torch.manual_seed(seed)
    policy.train()
    optimizer = torch.optim.Adam(policy.parameters(), lr=2e-3)
    for _ in range(steps):
        loss = -log_probs(policy, rng.sample(pairs, batch)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return policy.eval()


@torch.no_grad()
def measure(policy: PartnerPolicy, prior: PartnerPolicy, bcq: float = 0.0) -> dict[str, float]:
    """Exact figures of a policy over all subjects and sentences of the grammar.

    Returns:
        `reward`: the expected true reward of a sentence drawn from it; `grammar`: probability of staying inside the grammar;
        `greedy`: reward of its likeliest next words; `perplexity` of the behaviour's sentences, a word.
    """
    policy.eval()
    allowed = (prior, bcq) if bcq else None
    rewards, inside, surprise, words = [], [], 0.0, 0.0
    for subject in SUBJECTS:
        pairs = [(subject, reply) for reply in GRAMMAR]
        found = log_probs(policy, pairs, allowed)
        chance = found.exp()
        rewards.append(sum(float(p) * (true_reward(*pair) + 1) for p, pair in zip(chance, pairs, strict=True)) - 1)
        inside.append(float(chance.sum()))
        surprise -= sum(q * float(x) for q, x in zip(GRAMMAR.values(), found.clamp(min=-200), strict=True))
        words += sum(q * (len(reply.split()) + 1) for reply, q in GRAMMAR.items())
    greedy = fmean(true_reward(s, write(policy, s, allowed)) for s in SUBJECTS)
    return {
        "reward": fmean(rewards),
        "grammar": fmean(inside),
        "greedy": greedy,
        "perplexity": math.exp(min(50.0, surprise / words)),
    }


@torch.no_grad()
def write(policy: PartnerPolicy, subject: str, allowed_by: tuple[PartnerPolicy, float] | None = None, most: int = 12) -> str:
    """The reply of likeliest next words."""
    layout, ids = policy.layout, prompt(policy.layout, conversation(subject))
    first = len(ids)
    while len(ids) < first + most:
        tokens = torch.tensor([ids])
        logits = reply_logits(policy, policy.hidden(tokens)[0, -1])
        if allowed_by:
            prior = reply_logits(allowed_by[0], allowed_by[0].hidden(tokens)[0, -1:]).log_softmax(-1)
            logits = logits.masked_fill(~batch_constraint(prior, allowed_by[1])[0], float("-inf"))
        token = int(logits.argmax())
        if token == layout.id["<|end|>"]:
            break
        ids = [*ids, token]
    return policy.tokenizer.decode(ids[first:])


def best_with_prior(c: float) -> float:
    """Expected true reward of the policy that KL-control aims at, p(y) exp(r(y) / c) / Z, with the behaviour policy as p."""
    found = []
    for subject in SUBJECTS:
        weights = {reply: p * math.exp(true_reward(subject, reply) / c) for reply, p in GRAMMAR.items()}
        found.append(sum(w * true_reward(subject, reply) for reply, w in weights.items()) / sum(weights.values()))
    return fmean(found)


def learn(
    prior: PartnerPolicy,
    priors: Sequence[PartnerPolicy],
    log: Pairs,
    config: Offline,
    setting: Setting,
    seed: int,
) -> tuple[PartnerPolicy, float]:
    """Train one learner on the log; returns its policy and the largest mean |Q| of a step."""
    learner = OfflineLearner(copy.deepcopy(prior), copy.deepcopy(prior), [(p, 1.0) for p in priors], config)
    entries = [(Logged(conversation(s), (), WHOLE, reply, true_reward(s, reply)),) for s, reply in log]
    rng, largest = Random(seed), 0.0
    for step in range(setting.steps):
        torch.manual_seed(seed * 100_003 + step)
        rows = experience(prior.layout, rng.sample(entries, min(setting.batch, len(entries))))
        largest = max(largest, abs(learner.update([rows])["q"]))
    return learner.policy.eval(), largest


def run_seed(seed: int, setting: Setting, variants: Sequence[str], done: Figures, out: Path, bar: tqdm) -> None:
    """Prior and learners of one seed: own log, own prior, own order. Fills in `done`, and saves after each."""
    rng = Random(seed)
    others, log = behave(setting.pretrained, rng), behave(setting.logged, rng)
    folder, found = out / f"prior-{seed}", done.setdefault(str(seed), {})
    if PRIOR in found:
        prior = PartnerPolicy.load(folder, torch.float32)
    else:
        prior = pretrain(new_policy(setting.width, seed), others, setting.prior_steps, seed)
        prior.save(folder)
        found[PRIOR] = measure(prior, prior)
        write_figures(out, setting, done)
    for name in variants:
        bar.update()
        if name in found:
            continue
        config = Offline(**VARIANTS[name], c=setting.c, polyak=setting.polyak, learning_rate=setting.learning_rate, hold=0.0)
        priors: list[PartnerPolicy] = []
        if "averaged" in name:
            half = others[: len(others) // 2]
            more = [pretrain(new_policy(setting.width, seed + k), half, setting.prior_steps, seed + k) for k in (1000, 2000)]
            priors = [copy.deepcopy(prior), *more]
        policy, largest = learn(prior, priors, log, config, setting, seed)
        found[name] = measure(policy, prior, config.bcq) | {"largest Q": largest}
        write_figures(out, setting, done)


def write_figures(out: Path, setting: Setting, done: Figures) -> None:
    """Replace `figures.json` at once, so that a stopped study goes on after the last learner."""
    new = out / "figures.json.new"
    new.write_text(json.dumps({"setting": asdict(setting), "seeds": done}, indent=2) + "\n", encoding="utf-8")
    new.replace(out / "figures.json")


def read_figures(out: Path, setting: Setting) -> Figures:
    """What an earlier run of the same setting has measured.

    Raises:
        DataError: the folder holds a study of another setting.
    """
    path = out / "figures.json"
    if not path.is_file():
        return {}
    stored = json.loads(path.read_text(encoding="utf-8"))
    if stored["setting"] != asdict(setting):
        raise DataError(f"{path} is of a study with another setting: give the same arguments, or another --out")
    return stored["seeds"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    d = Setting()
    parser.add_argument("--out", type=Path, default=Path("runs/offline-language"), help="folder for the table and all figures")
    parser.add_argument("--seeds", type=int, default=5, help="repetitions, each with its own log and prior")
    parser.add_argument("--steps", type=int, default=d.steps, help="updates of a learner")
    parser.add_argument("--logged", type=int, default=d.logged, help="sentences in the log")
    parser.add_argument("--c", type=float, default=d.c, help="weight of the prior against the reward")
    parser.add_argument("--variants", nargs="+", choices=list(VARIANTS), default=list(VARIANTS), help="learners to run")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads")


def run(args: argparse.Namespace) -> int:
    torch.set_num_threads(args.threads)
    setting = replace(Setting(), steps=args.steps, logged=args.logged, c=args.c)
    args.out.mkdir(parents=True, exist_ok=True)
    done = read_figures(args.out, setting)
    wanted = [str(seed) for seed in range(1, args.seeds + 1)]
    with tqdm(total=args.seeds * len(args.variants), unit="run", disable=None) as bar:
        for seed in wanted:
            run_seed(int(seed), setting, args.variants, done, args.out, bar)
    text = table([{name: done[seed][name] for name in (PRIOR, *args.variants)} for seed in wanted], setting.c)
    (args.out / "table.md").write_text(text, encoding="utf-8")
    print(text)
    return 0


def table(seeds: Sequence[dict[str, dict[str, float]]], c: float) -> str:
    """Means over the seeds, and the change of the true reward against the prior with a 95 % interval (paired, Student's t)."""
    behaviour = fmean(p * true_reward(s, reply) for s in SUBJECTS for reply, p in GRAMMAR.items()) * len(GRAMMAR)
    lines = [
        "| policy | true reward | change to the prior | inside the grammar | greedy reward | perplexity | largest mean Q |",
        "|---|---|---|---|---|---|---|",
        f"| behaviour (known) | {behaviour:.3f} | | 100.0 % | | | |",
    ]
    for name in seeds[0]:
        mean = {key: fmean(seed[name][key] for seed in seeds) for key in seeds[0][name]}
        change = [seed[name]["reward"] - seed[PRIOR]["reward"] for seed in seeds]
        cells = f"{fmean(change):+.3f} ± {half_width(change):.3f}" if name != PRIOR and len(seeds) > 1 else ""
        largest = f"{mean['largest Q']:.1f}" if "largest Q" in mean else ""
        lines.append(
            f"| {name} | {mean['reward']:.3f} | {cells} | {100 * mean['grammar']:.1f} % | {mean['greedy']:.3f} | "
            f"{mean['perplexity']:.2f} | {largest} |"
        )
    lines.append(f"| what KL-control aims at, c = {c:g} | {best_with_prior(c):.3f} | | 100.0 % | | | |")
    return "\n".join(lines) + "\n"


def half_width(values: Sequence[float], level: float = 0.95) -> float:
    """Half of Student's t interval of a mean."""
    from scipy.stats import t as student  # slow to import

    return float(student.ppf((1 + level) / 2, len(values) - 1)) * stdev(values) / math.sqrt(len(values))
