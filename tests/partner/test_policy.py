"""The policy on two architectures: its distribution, its storage, and that inference and training compute the same thing."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from partner.candidates import Candidate, Sampling, State, draw
from partner.models import ModelError
from partner.policy import PartnerPolicy
from partner.prompt import CONTROL_TOKENS, Place
from partner.types import Conversation
from tests import tiny
from training.trees import Pointer, Tree, pack, row, write
from training.warm_start import losses

TALK = Conversation(
    "My dog died in March.", "Get a new one. It happens.", (("seeker", "hi"), ("supporter", "Hello, what is up?"))
)
SENTENCES = ["Get a new one.", "It happens."]
ARCHITECTURES = ["gpt2", "llama"]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("n", [0, 1, 3, 200])
def test_pointer_gives_every_legal_place_and_stop_a_probability(architecture, n):
    policy = tiny.policy(architecture)
    places, log_probs = policy.where(TALK, ["Ok."] * n)
    shown = min(n, 48)
    assert len(places) == 3 * (shown + 1) + 4 * shown == len(log_probs) - 1
    assert log_probs.exp().sum().item() == pytest.approx(1, abs=1e-4)
    assert len(set(places)) == len(places)
    assert all(0 <= p.at <= n - (p.op != "insert") for p in places)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_action_probability_is_place_times_tokens(architecture):
    policy = tiny.policy(architecture)
    places, where = policy.where(TALK, SENTENCES)
    place = Place("replace", 1, "interpretation")
    sentence = "I feel so alone."
    tokens = State(policy, TALK, SENTENCES).log_likelihoods([Candidate(place, sentence)])[0] * len(policy.layout.what(sentence))
    total = policy.log_prob(TALK, SENTENCES, place, sentence).item()
    assert total == pytest.approx(where[places.index(place)].item() + tokens, abs=1e-3)
    assert policy.log_prob(TALK, SENTENCES, None).item() == pytest.approx(where[-1].item(), abs=1e-4)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_candidates_do_not_see_each_other(architecture):
    policy = tiny.policy(architecture)
    candidates = [
        Candidate(Place("insert", i % 3, "exploration"), text) for i, text in enumerate([*tiny.TEXTS, "What was he like?"])
    ]
    together = State(policy, TALK, SENTENCES).log_likelihoods(candidates)
    alone = [State(policy, TALK, SENTENCES).log_likelihoods([c])[0] for c in candidates]
    assert together == pytest.approx(alone, abs=1e-4)
    assert State(policy, TALK, SENTENCES).log_likelihoods(candidates[::-1])[::-1] == pytest.approx(alone, abs=1e-4)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_blind_ones_do_not_see_the_post(architecture):
    policy = tiny.policy(architecture)
    candidates = [Candidate(Place("insert", i % 3, "exploration"), text) for i, text in enumerate(tiny.TEXTS)]
    state = State(policy, TALK, SENTENCES)
    told = state.log_likelihoods(candidates[:1], candidates)
    blank = State(policy, Conversation(""), SENTENCES).log_likelihoods(candidates)
    assert told[1:] == pytest.approx(blank, abs=1e-4)
    assert told[0] == pytest.approx(state.log_likelihoods(candidates)[0], abs=1e-4) != pytest.approx(told[1], abs=1e-4)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_training_rows_compute_the_policy_s_own_log_probabilities(architecture):
    policy = tiny.policy(architecture)
    actions = [
        (Place("insert", 0, "exploration"), "What was he like?"),
        (Place("replace", 1, "interpretation"), "That must hurt."),
    ]
    trees = []
    for conversation in (TALK, Conversation("Nobody called me.")):
        tree = Tree()
        root = tree.add(-1, policy.layout.prefix(conversation))
        write(policy.layout, tree, root, SENTENCES, actions)
        ids, marks = policy.layout.where(SENTENCES)
        offset = len(tree.ids)
        tree.add(root, ids)
        target = torch.zeros(3 * 3 + 4 * 2 + 1)
        target[-1] = 1
        tree.pointers.append(Pointer([offset + m for m in marks], len(tree.ids) - 1, target))
        trees.append(tree)
    (packed,) = pack(trees, 10_000)
    found = losses(policy, packed)
    wanted_tokens = wanted_stop = 0.0
    for conversation in (TALK, Conversation("Nobody called me.")):
        places, where = policy.where(conversation, SENTENCES)
        wanted_stop -= where[-1].item()
        for place, sentence in actions:
            wanted_tokens -= (
                policy.log_prob(conversation, SENTENCES, place, sentence).item() - where[places.index(place)].item()
            )
    assert found.tokens.item() == pytest.approx(wanted_tokens, rel=1e-4)
    assert found.where.item() == pytest.approx(wanted_stop, rel=1e-4)
    assert [len(r.ids[0]) for r in pack(trees, 10)] == [len(t.ids) for t in trees]


def test_rows_hide_branches_and_neighbours():
    tree = Tree()
    root = tree.add(-1, [1, 2])
    left = tree.add(root, [3, 4])
    tree.add(root, [5])
    tree.add(left, [6])
    mask = row([tree, tree]).mask[0, 0]
    seen = [mask[i, :6].nonzero()[:, 0].tolist() for i in range(6)]
    assert seen == [[0], [0, 1], [0, 1, 2], [0, 1, 2, 3], [0, 1, 4], [0, 1, 2, 3, 5]]
    assert not mask[6:, :6].any()
    assert row([tree]).positions.tolist() == [[0, 1, 2, 3, 2, 4]]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("int8", [False, True])
def test_saved_policy_loads_again_without_pickle(architecture, int8, tmp_path):
    policy = tiny.policy(architecture)
    policy.save(tmp_path, int8=int8, shard_mb=1)
    assert {p.suffix for p in tmp_path.iterdir()} <= {".json", ".safetensors"}
    again = PartnerPolicy.load(tmp_path, torch.float32)
    assert type(again.backbone) is type(policy.backbone)
    expected, found = policy.where(TALK, SENTENCES)[1], again.where(TALK, SENTENCES)[1]
    assert found.tolist() == pytest.approx(expected.tolist(), abs=0.05 if int8 else 1e-6)


def test_a_plain_language_model_folder_becomes_a_policy(tmp_path):
    source = tiny.policy("llama")
    source.backbone.save_pretrained(tmp_path)
    tiny.tokenizer().save_pretrained(tmp_path)
    policy = PartnerPolicy.load(tmp_path, torch.float32)
    assert set(CONTROL_TOKENS) <= set(policy.tokenizer.get_vocab())
    assert policy.where(TALK, SENTENCES)[1].isfinite().all()


def test_damaged_and_foreign_weights_are_named(tmp_path):
    tiny.policy("gpt2").save(tmp_path, shard_mb=80)
    shard = next(tmp_path.glob("model-*.safetensors"))
    whole = shard.read_bytes()
    shard.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelError, match="damaged"):
        PartnerPolicy.load(tmp_path)
    shard.unlink()
    with pytest.raises(ModelError, match=r"no model-\*"):
        PartnerPolicy.load(tmp_path)
    other = tmp_path / "other"
    tiny.policy("llama").save(other)
    shard.write_bytes(next(other.glob("model-*.safetensors")).read_bytes())
    with pytest.raises(ModelError, match="another architecture"):
        PartnerPolicy.load(tmp_path)
    with pytest.raises(ModelError, match="neither a policy folder"):
        PartnerPolicy.load(tmp_path / "nowhere")


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=200))
def test_user_text_never_becomes_a_control_token(text):
    layout = LAYOUT
    ids = layout.text(text + "<|end|><|post|>" + text, 60)
    assert not set(ids) & set(layout.id.values())
    assert len(ids) <= 60


def test_long_parts_keep_their_beginning_and_end():
    ids = LAYOUT.prefix(Conversation("start " + "word " * 50_000 + "finish"))
    text = LAYOUT.tokenizer.decode(ids)
    assert len(ids) <= LAYOUT.budget.post + 1
    assert "start" in text and text.endswith("finish")


def test_nucleus_keeps_only_the_likeliest_tokens():
    logits = torch.log(torch.tensor([[0.6, 0.3, 0.06, 0.04]])).repeat(400, 1)
    generator = torch.Generator().manual_seed(0)
    tokens, log_probs = draw(logits, Sampling(temperature=1.0, top_k=4, top_p=0.85), generator)
    assert set(tokens) == {0, 1}
    assert log_probs[tokens.index(1)] == pytest.approx(-1.204, abs=1e-3)
    assert 0.6 < tokens.count(0) / 400 < 0.74  # 0.6 / 0.9
    assert set(draw(logits, Sampling(temperature=0.01), generator)[0]) == {0}


def test_applying_part_of_the_edits_moves_the_others():
    from partner.types import Edit
    from training.trees import apply_some

    edits = [
        Edit("insert", 0, "A.", "interpretation"),
        Edit("replace", 1, "B.", "exploration"),
        Edit("delete", 2),
        Edit("insert", 3, "C."),
    ]
    after, moved = apply_some(["x.", "y.", "z."], edits, {0, 2})
    assert after == ["A.", "x.", "y."]
    assert [(e.op, e.at) for e in moved] == [("replace", 2), ("insert", 3)]
    assert apply_some(["x.", "y.", "z."], edits, set(range(4))) == (["A.", "x.", "B.", "C."], [])


LAYOUT = tiny.policy("gpt2").layout
