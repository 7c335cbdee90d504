"""`python -m training tone`: a policy's reader of drafts (`partner.tone`), from drafts that were read sentence by sentence.

The policy reads every draft of `assets/corpus/tones.jsonl.xz` behind its post; networks of one hidden layer learn the readers'
labels from its states and the embeddings of post and sentence, and their logits are averaged. Drafts for held-out posts,
each read by two readers unknown to each other, measure it. Reading takes nearly all the time (0.2 seconds of a core a draft);
it is kept in `--out`, and goes on where it was stopped. Whatever changes the policy's weights asks for a new one.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from partner.candidates import State
from partner.models import asset, fingerprint
from partner.policy import TONE, Readable
from partner.quick import load_reader
from partner.ranking import Ranking
from partner.retrieval import Embedder, query_text
from partner.tone import TONES, ToneReader, describe
from training import heads, networks
from training.data.tones import ReadDraft, read_tones

HURTFUL = TONES.index("hurtful")
TOGETHER = 100
"""Drafts in one file of what was read."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    heads.add_arguments(parser, "tone")
    parser.add_argument("--layer", type=int, default=17, help="layer of the policy that is read, from 0")
    parser.add_argument("--width", type=int, default=64, help="of the hidden layer of each network")
    networks.add_arguments(parser, epochs=12, dropout=0.4)
    parser.add_argument("--limit", type=int, help="use only so many drafts to learn from, and to measure (for a quick try)")


def run(args: argparse.Namespace) -> int:
    torch.set_num_threads(args.threads)
    folder = Path(args.policy) if args.policy else asset("policy")
    policy = load_reader(folder)
    layer = min(args.layer, policy.depth - 1)
    drafts = list(read_tones(args.data, args.corpus, args.authored_only))
    known = [d for d in drafts if not d.held_out][: args.limit]
    unknown = [d for d in drafts if d.held_out][: args.limit]
    kept = args.out / f"read-{fingerprint(folder.glob('model-*.safetensors'))}"
    embedder = Embedder(threads=args.threads)
    learnt, measured = (features(policy, embedder, some, layer, kept) for some in (known, unknown))
    labels = [tone for d in known for tone in d.tones[0]]
    reader = ToneReader(layer, policy.width, networks.learn(learnt, labels, args.width, len(TONES), args))
    found = {"drafts": len(known), "sentences": len(labels)} | measure(reader, measured, unknown)
    heads.write(reader, TONE, found, args.out)
    return 0


@torch.inference_mode()
def features(policy: Readable, embedder: Embedder, drafts: Sequence[ReadDraft], layer: int, kept: Path) -> Tensor:
    """Rows of `partner.tone.describe` for all sentences of some drafts, in 16 bits.

    Args:
        kept: folder that keeps them, for this policy only.
    """
    found = []
    progress = tqdm(total=len(drafts), desc="reading", unit=" drafts", mininterval=2)
    for start in range(0, len(drafts), TOGETHER):
        some = drafts[start : start + TOGETHER]
        asked = [[repr(d.conversation), d.sentences] for d in some] + [layer]
        found.append(heads.once(kept, asked, partial(_described, policy, embedder, some, layer)))
        progress.update(len(some))
    return torch.cat(found)


def _described(policy: Readable, embedder: Embedder, drafts: Sequence[ReadDraft], layer: int) -> Tensor:
    rows = []
    for read in drafts:
        draft = State(policy, read.conversation, read.sentences).draft([layer])
        post = embedder.embed([query_text(read.conversation)])[0]
        rows.append(describe(draft, read.sentences, post, embedder.embed(list(read.sentences))))
    return torch.cat(rows)


@torch.inference_mode()
def measure(reader: ToneReader, rows: Tensor, drafts: Sequence[ReadDraft]) -> dict[str, dict[str, object]]:
    """What the reader is worth on drafts that two have read, for the project's own and for people's.

    Args:
        rows: `features` of the drafts.

    Returns:
        for each the number of sentences, and of those that both readers called hurtful; how many are found at the limit of
        `Ranking.hurtful`, and how many of these both or one called hurtful, or both said may stay; areas under the ROC curve,
        percent, against each reader.
    """
    from sklearn.metrics import roc_auc_score

    likely = reader.network(rows.float()).softmax(-1)[:, HURTFUL].numpy()
    forum = np.array([d.forum for d in drafts for _ in d.sentences])
    one, two = (np.array([tone for d in drafts for tone in d.tones[k]]) for k in (0, 1))
    found = {}
    for name, chosen in (("authored", ~forum), ("forum", forum)):
        if not chosen.any():
            continue
        a, b, p = one[chosen], two[chosen], likely[chosen]
        shown, both = p >= Ranking().hurtful, (a == HURTFUL) & (b == HURTFUL)
        found[name] = {
            "sentences": len(p),
            "hurtful to both": int(both.sum()),
            "found": int(shown.sum()),
            "found, hurtful to both": int((shown & both).sum()),
            "found, hurtful to one": int((shown & ((a == HURTFUL) ^ (b == HURTFUL))).sum()),
            "found, may stay for both": int((shown & (a == 0) & (b == 0)).sum()),
            "AUC": [round(100 * float(roc_auc_score(seen == HURTFUL, p)), 1) for seen in (a, b)],
        }
    return found
