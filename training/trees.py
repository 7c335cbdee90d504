"""Training examples as trees that share their prefix, packed into rows without padding.

One record holds a post, a draft, two or three places and about nine sentences. Laid out flat that would encode the
post nine times; as a tree (see `partner.prompt`) it is encoded once, and an attention mask lets every branch see its
ancestors and itself only. This trains about four times as many sentences a second.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

import numpy as np
import torch
from torch import Tensor

from partner.policy import legal_places
from partner.prompt import Layout, Place
from partner.types import MECHANISMS, Conversation, Edit
from training.data.records import Record

IGNORE = -100


@dataclass
class Pointer:
    """One decision of the pointer head: offsets of markers and query, and the target distribution (STOP last)."""

    markers: list[int]
    last: int
    target: Tensor


@dataclass
class Tree:
    """Token ids with the tree they form.

    Attributes:
        ids, labels, positions, nodes: one entry a token; labels are the NEXT token, or IGNORE.
        parents: parent of each node (the root's is -1).
        pointers: decisions of the pointer head.
        sentences: the labelled sentences as (first label, end, whether it is right for the post).
        weight: weight of this record's token loss.
    """

    ids: list[int] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    nodes: list[int] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    depth: list[int] = field(default_factory=list)
    pointers: list[Pointer] = field(default_factory=list)
    sentences: list[tuple[int, int, bool]] = field(default_factory=list)
    weight: float = 1.0

    def add(self, parent: int, ids: Sequence[int], labels: Sequence[int] | None = None) -> int:
        """Append a node below `parent` (-1 for the root); returns its number."""
        start = self.depth[parent] if parent >= 0 else 0
        node = len(self.parents)
        self.parents.append(parent)
        self.depth.append(start + len(ids))
        self.ids += ids
        self.labels += labels or [IGNORE] * len(ids)
        self.positions += range(start, start + len(ids))
        self.nodes += [node] * len(ids)
        return node


def decision(layout: Layout, tree: Tree, root: int, sentences: Sequence[str], goals: Iterable[Place]) -> None:
    """Add a pointer branch whose target is uniform over `goals`, or STOP where there are none."""
    places = legal_places(layout.shown(sentences), len(sentences))
    target = torch.zeros(len(places) + 1)
    for goal in goals:
        if goal in places:
            target[places.index(goal)] += 1.0
    if target.sum() == 0:
        target[-1] = 1.0
    ids, marks = layout.where(sentences)
    offset = len(tree.ids)
    tree.add(root, ids)
    tree.pointers.append(Pointer([offset + m for m in marks], len(tree.ids) - 1, target / target.sum()))


def write(
    layout: Layout,
    tree: Tree,
    root: int,
    sentences: Sequence[str],
    right: Sequence[tuple[Place, str]],
    wrong: Sequence[tuple[Place, str]] = (),
) -> None:
    """Add the branches of sentences for their places, those of one place below one marked reply."""
    marked: dict[tuple[str, int], int] = {}
    for number, (place, sentence) in enumerate([*right, *wrong]):
        key = (place.op, place.at)
        if key not in marked:
            marked[key] = tree.add(root, layout.place(sentences, place.op, place.at))
        control, what = layout.control(place), layout.what(sentence)
        # The last control token predicts the first word; the end token is predicted and never fed.
        tree.add(marked[key], control + what[:-1], [IGNORE] * (len(control) - 1) + what)
        tree.sentences.append((len(tree.ids) - len(what), len(tree.ids), number < len(right)))


def place_of(edit: Edit) -> Place:
    """The where-and-how part of an edit."""
    return Place(edit.op, edit.at, edit.mechanism)


# Wrong kinds that the policy is not turned away from: a sentence that fits every post is a safe fallback.
MILD = frozenset({"generic"})


def edit_tree(record: Record, layout: Layout, rng: Random, wrong: int = 0) -> Tree:
    """One authored record as a tree: the decision, every sentence at a place, sometimes a later state or a blank post.

    Sentences that come without a place (`Record.more`, `Record.bad`) go to an edit's place, of the same mechanism where
    one is.

    Args:
        wrong: at most so many sentences that are wrong for the post, for the preference loss.
    """
    tree = Tree()
    # Without a post now and then, so that log p(sentence) exists beside log p(sentence | post): the specificity score.
    blank = rng.random() < 0.07
    root = tree.add(-1, layout.prefix(Conversation("") if blank else record.conversation))
    written = [e for e in record.edits if e.op != "delete"]
    more = [(s, m) for s, m, level in record.more if level == 2 or rng.random() < 0.3]
    if rng.random() < 0.12:
        _drafting(record, layout, tree, root, rng)
        return tree
    sentences = list(record.sentences)
    if not blank:
        decision(layout, tree, root, sentences, (place_of(e) for e in record.edits))
        if record.edits and rng.random() < 0.5:
            # Later states of a k-edit episode: some or all edits made; nothing left to do teaches STOP.
            done = set(rng.sample(range(len(record.edits)), rng.choice([1, len(record.edits)])))
            after, moved = apply_some(sentences, record.edits, done)
            decision(layout, tree, root, after, (place_of(e) for e in moved))
    candidates = [(place_of(e), e.text) for e in written]
    for sentence, mechanism in more:
        if written:
            same = [e for e in written if e.mechanism == mechanism] or written
            chosen = rng.choice(same)
            candidates.append((Place(chosen.op, chosen.at, mechanism), sentence))
    bad = [s for s, kind in record.bad if kind not in MILD]
    wanted = min(wrong, len(bad)) if written and not blank else 0
    against = [(place_of(rng.choice(written)), s) for s in rng.sample(bad, wanted)]
    write(layout, tree, root, sentences, candidates, against)
    return tree


def _drafting(record: Record, layout: Layout, tree: Tree, root: int, rng: Random) -> None:
    """From an empty reply: a feeling, then an understanding, then a question, then STOP."""
    pools = {m: [s for s, k, level in record.more if k == m and level == 2] for m in MECHANISMS}
    pools = {m: pool for m, pool in pools.items() if pool}
    order = list(pools)
    step = rng.randrange(len(order) + 1)
    sentences = [rng.choice(pools[m]) for m in order[:step]]
    goal = [Place("insert", step, order[step])] if step < len(order) else []
    decision(layout, tree, root, sentences, goal)
    if goal:
        write(layout, tree, root, sentences, [(goal[0], s) for s in pools[order[step]]])


def apply_some(sentences: Sequence[str], edits: Sequence[Edit], done: set[int]) -> tuple[list[str], list[Edit]]:
    """Apply the edits numbered `done`; returns the new sentences and the other edits moved to their new places."""
    after: list[str] = []
    moved: list[Edit] = []
    for i in range(len(sentences) + 1):
        for number, edit in enumerate(edits):
            if edit.op == "insert" and edit.at == i:
                if number in done:
                    after.append(edit.text)
                else:
                    moved.append(Edit("insert", len(after), edit.text, edit.mechanism))
        if i == len(sentences):
            break
        kept = sentences[i]
        for number, edit in enumerate(edits):
            if edit.op != "insert" and edit.at == i:
                if number in done:
                    kept = edit.text
                else:
                    moved.append(Edit(edit.op, len(after), edit.text, edit.mechanism))
        if kept:
            after.append(kept)
    return after, moved


@dataclass
class Row:
    """Several trees in one sequence.

    Attributes:
        ids, positions: (1, length) token ids and their positions along the path from the root.
        mask: (1, 1, length, length) True where a token may look.
        labels: (length,) next token or IGNORE; weights: (length,) weight of each label.
        pointers: decisions with offsets into the row.
        sentences: per tree, (first label, end, right) with offsets into the row.
    """

    ids: Tensor
    positions: Tensor
    mask: Tensor
    labels: Tensor
    weights: Tensor
    pointers: list[Pointer]
    sentences: list[list[tuple[int, int, bool]]]


def pack(trees: Iterable[Tree], length: int) -> Iterator[Row]:
    """Fill rows of at most `length` tokens (a single longer tree gets a row of its own), in order."""
    batch: list[Tree] = []
    size = 0
    for tree in trees:
        if batch and size + len(tree.ids) > length:
            yield row(batch)
            batch, size = [], 0
        batch.append(tree)
        size += len(tree.ids)
    if batch:
        yield row(batch)


def row(trees: Sequence[Tree]) -> Row:
    """Concatenate trees and build the mask: a token sees earlier tokens of its own node and of its ancestors."""
    nodes, parents, pointers, sentences, offset = [], [], [], [], 0
    for tree in trees:
        base = len(parents)
        nodes += [base + n for n in tree.nodes]
        parents += [p + base if p >= 0 else -1 for p in tree.parents]
        pointers += [Pointer([m + offset for m in p.markers], p.last + offset, p.target) for p in tree.pointers]
        sentences.append([(a + offset, b + offset, right) for a, b, right in tree.sentences])
        offset += len(tree.ids)
    sees = np.eye(len(parents), dtype=bool)
    for node, parent in enumerate(parents):  # parents come before their children
        if parent >= 0:
            sees[node] |= sees[parent]
    at = np.asarray(nodes)
    mask = np.tril(sees[at][:, at])
    return Row(
        ids=torch.tensor([[i for t in trees for i in t.ids]]),
        positions=torch.tensor([[p for t in trees for p in t.positions]]),
        mask=torch.from_numpy(mask)[None, None],
        labels=torch.tensor([x for t in trees for x in t.labels]),
        weights=torch.tensor([w for t in trees for w in _weights(t)]),
        pointers=pointers,
        sentences=sentences,
    )


def _weights(tree: Tree) -> list[float]:
    """Weight of every label: that of the record, 0 in the sentences that are wrong (they are scored, never imitated)."""
    weights = [tree.weight] * len(tree.ids)
    for a, b, right in tree.sentences:
        if not right:
            weights[a:b] = [0.0] * (b - a)
    return weights
