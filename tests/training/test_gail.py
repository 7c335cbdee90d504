"""GAIL: the discriminator, the rewards it gives, the demonstration mix, and an expert that is found again."""

from __future__ import annotations

import json
import lzma
import math
from argparse import ArgumentParser
from copy import deepcopy
from itertools import pairwise
from pathlib import Path
from random import Random

import numpy as np
import pytest
import sacrebleu
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from transformers import BertConfig, BertModel

from partner import Conversation
from partner.models import ModelError
from partner.policy import PartnerPolicy
from tests import tiny
from tests.training.runs import two_processes
from training import dialogue
from training import gail as gail_command
from training.__main__ import main
from training.algorithms.gail import GAIL, GAILArgs, demonstration_share, mixed_rewards
from training.algorithms.ppo import PPO, PPOArgs
from training.data.empathetic_dialogues import Dialogue
from training.data.records import DataError
from training.data.trajectories import Trajectory, staggered
from training.discriminator import Discriminator, DiscriminatorArgs, context, hit, loss_of
from training.gail import collect
from training.replies import bleu, bleu_counts
from training.rewards import Resources, RewardSum, Rewrite
from training.rewards.adversarial import BOUND, log_odds, of

POSTS = ["My dog died.", "I failed my exam.", "Nobody called me back.", "My rent went up again."]
KIND = ["I am so sorry.", "That must hurt.", "I am sorry, that must be hard.", "That sounds so hard."]
COLD = ["Get a new one.", "Whatever, not my problem.", "So what.", "Get over it."]


def small_discriminator(seed: int = 0, **args) -> Discriminator:
    """A random BERT of one layer with a word tokenizer: the real class in milliseconds."""
    torch.manual_seed(seed)
    texts = " ".join([*POSTS, *KIND, *COLD, "sorry ok / sure no"]).lower().replace(".", " .").replace(",", " ,")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *sorted(set(texts.split()))]
    tokenizer = Tokenizer(models.WordLevel({w: i for i, w in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizers.Lowercase(), pre_tokenizers.BertPreTokenizer()
    config = BertConfig(vocab_size=len(words), hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64)
    config._attn_implementation = "eager"
    arguments = DiscriminatorArgs(**{"learning_rate": 1e-3, "head_rate": 1e-2} | args)
    return Discriminator(BertModel(config, add_pooling_layer=False), tokenizer, arguments)


def pairs(replies: list[str]) -> list[tuple[Conversation, str]]:
    return [(Conversation(post), reply) for post, reply in zip(POSTS, replies, strict=True)]


def test_loss_by_hand():
    """D = 0.8 on the human reply, 0.4 on the generated one: (-log 0.8 - log 0.6) / 2; log 2 where it cannot tell."""
    logits = torch.tensor([0.8 / 0.2, 0.4 / 0.6]).log()
    assert loss_of(logits[:1], logits[1:]).item() == pytest.approx((-math.log(0.8) - math.log(0.6)) / 2)
    assert loss_of(torch.zeros(3), torch.zeros(2)).item() == pytest.approx(math.log(2))
    assert hit(torch.tensor([1.0, -1.0, 0.0]), torch.tensor([-2.0])).tolist() == [1, 0, 0.5, 1]


def test_smoothed_loss_is_least_at_bounded_log_odds():
    """With labels 0.9 and 0.1 the best logits are +-log 9."""
    logit = torch.tensor([math.log(9)], requires_grad=True)
    loss_of(logit, -logit, smoothing=0.1).backward()
    assert logit.grad.abs().item() < 1e-6


def test_discriminator_starts_undecided_and_learns_what_can_be_told_apart():
    model = small_discriminator()
    assert model.logits(pairs(KIND)).abs().max() == 0
    optimizer = model.optimizer()
    for _ in range(60):
        figures = model.step(pairs(KIND), pairs(COLD), optimizer)
    assert figures["loss"] < 0.45 < math.log(2) and figures["accuracy"] == 1.0
    assert model.logits(pairs(KIND)).min() > 1 and model.logits(pairs(COLD)).max() < -1


def test_discriminator_reads_the_conversation_as_well_as_the_reply():
    """The same words are right for one prompt and wrong for the other: only both together tell."""
    model = small_discriminator(seed=1)
    one, two = Conversation(POSTS[0]), Conversation(POSTS[1])
    optimizer = model.optimizer()
    for _ in range(150):
        model.step([(one, "Sorry."), (two, "Ok.")], [(one, "Ok."), (two, "Sorry.")], optimizer)
    assert (model.logits([(one, "Sorry."), (two, "Ok.")]) > 0.5).all()
    assert (model.logits([(one, "Ok."), (two, "Sorry.")]) < -0.5).all()


def test_a_saved_discriminator_judges_the_same(tmp_path):
    model = small_discriminator()
    for _ in range(5):
        model.step(pairs(KIND), pairs(COLD), model.optimizer())
    model.save(tmp_path)
    again = Discriminator.load(tmp_path)
    assert torch.allclose(again.logits(pairs(KIND)), model.logits(pairs(KIND)), atol=1e-6)
    assert again.args == model.args
    rewrite = Rewrite(Conversation(POSTS[0]), (), KIND[0])
    total, _ = RewardSum({"adversarial": 0.5}, Resources(reward_model=tmp_path))([rewrite])
    assert total == pytest.approx([0.5 * model.logits(pairs(KIND))[0].item()], abs=1e-6)


def test_what_is_no_discriminator_is_refused(tmp_path):
    with pytest.raises(ModelError, match="holds no readable discriminator"):
        Discriminator.load(tmp_path)
    with pytest.raises(DataError, match="--reward-model"):
        RewardSum({"adversarial": 1.0}, Resources())


def test_history_comes_before_the_prompt():
    conversation = Conversation("I did.\nToday.", history=(("seeker", "My dog died."), ("supporter", "Did you cry?")))
    assert context(conversation) == "My dog died. / Did you cry? / I did. Today."


def test_adversarial_reward_is_the_bounded_log_odds():
    """D = 0.9 gives log 9; a hopeless reply is no worse than -BOUND."""
    d = torch.tensor([0.9, 0.5, 1e-9])
    assert log_odds(d.logit()).tolist() == pytest.approx([math.log(9), 0.0, -BOUND], abs=1e-6)
    model = small_discriminator()
    torch.nn.init.constant_(model.head.bias, 1.5)
    assert of(model)([Rewrite(Conversation("Hi."), (), "Sorry.")]) == pytest.approx([1.5])


def test_rewards_of_a_mixed_batch_by_hand():
    """Generated log-odds 1, 3 (and one of 9 cut to 4): mean 8/3, deviations standardised; a demonstration has its constant."""
    human = torch.tensor([False, True, False, False])
    rewards = mixed_rewards(torch.tensor([1.0, -7.0, 3.0, 9.0]), human, 2.0)
    mean, sd = 8 / 3, math.sqrt(((1 - 8 / 3) ** 2 + (3 - 8 / 3) ** 2 + (4 - 8 / 3) ** 2) / 3)
    assert rewards.tolist() == pytest.approx([(1 - mean) / sd, 2.0, (3 - mean) / sd, (4 - mean) / sd])
    assert mixed_rewards(torch.ones(3), torch.zeros(3, dtype=torch.bool), 2.0).tolist() == [0, 0, 0]
    assert mixed_rewards(torch.ones(2), torch.ones(2, dtype=torch.bool), 2.0).tolist() == [2, 2]


def test_demonstrations_fall_linearly_from_three_in_ten_to_none():
    shares = [demonstration_share(step, 101, 0.3) for step in range(101)]
    assert shares[0] == 0.3 and shares[50] == pytest.approx(0.15) and shares[100] == 0
    assert all(a - b == pytest.approx(0.003) for a, b in pairwise(shares))
    assert demonstration_share(0, 1, 0.3) == 0.3


def test_trajectories_are_staggered_over_every_turn():
    said = [("seeker", "a"), ("supporter", "b"), ("seeker", "c"), ("supporter", "d"), ("supporter", "e"), ("seeker", "f")]
    dialogue = Dialogue("x", "sad", "", tuple((role, text, "neutral") for role, text in said))
    ours = list(staggered(dialogue))
    assert [(t.conversation.history, t.conversation.post, t.target, t.turns) for t in ours] == [
        ((), "a", "b", 1),
        ((("seeker", "a"), ("supporter", "b")), "c", "d", 2),
    ]
    both = list(staggered(dialogue, both=True))
    found = [(t.conversation.post, t.target, t.turns) for t in both]
    assert found == [("a", "b", 1), ("b", "c", 1), ("c", "d", 2), ("e", "f", 3)]
    assert both[1].conversation.history == (("supporter", "a"),)  # the one who answers is the supporter


CHOICES = ["sorry", "ok", "no"]
EXPERT = "sorry"


def undecided_policy():
    """A tiny policy that answers with one of the choices, each about as likely."""
    policy = tiny.policy("gpt2")
    prompt = dialogue.prompt(policy.layout, Conversation(POSTS[0]))
    decide = dialogue.decider([prompt] * 3, [policy.layout.what(choice) for choice in CHOICES])
    optimizer = torch.optim.AdamW(policy.parameters(), lr=3e-3)
    for _ in range(40):
        (-decide(policy, torch.arange(3)).log_probs.sum(1).mean()).backward()
        optimizer.step()
        optimizer.zero_grad()
    return policy


def chance(policy, reply: str) -> float:
    decide = dialogue.decider([dialogue.prompt(policy.layout, Conversation(POSTS[0]))], [policy.layout.what(reply)])
    return decide(policy, torch.tensor([0])).log_probs.sum().exp().item()


@pytest.mark.parametrize("demonstrations", [0.0, 0.3])
def test_the_expert_is_found_again(demonstrations):
    """A bandit of three replies of which the expert gives one; people's trajectories in the batch or not."""
    policy = undecided_policy()
    reference = deepcopy(policy)
    assert all(0.2 < chance(policy, choice) < 0.45 for choice in CHOICES)
    one = Trajectory("0", Conversation(POSTS[0]), EXPERT, 1)
    ppo = PPO(policy, PPOArgs(learning_rate=5e-4, kl=0.1, epochs=2, minibatches=1, states_a_pass=32))
    gail = GAIL(ppo, small_discriminator(), GAILArgs(demonstrations, minibatch=16, passes=2))
    generator, steps = torch.Generator().manual_seed(0), 40
    for step in range(steps):
        people = int(demonstration_share(step, steps, demonstrations) * 32)
        batch, decide, said, by_people, human = collect(policy, reference, [one] * 32, people, generator, 6)
        assert human.sum() == people and [reply for _, reply in said[:people]] == [EXPERT] * people
        for _ in range(0 if step else 10):
            gail.discriminate(by_people, said, Random(0))
        gail.update(batch, decide, said, human, by_people, Random(step))
    assert chance(policy, EXPERT) > 0.8


SAID = ["My dog died.", "I'm so sorry, that must hurt.", "It does, the flat is quiet.", "What was your dog like?"]


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """A data folder in the form of EmpatheticDialogues with a few dialogues of our own."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "empathetic_dialogues").mkdir()
    turns = [("seeker" if i % 2 == 0 else "supporter", text, "neutral") for i, text in enumerate(SAID)]
    rows = [json.dumps({"id": f"d{i}", "emotion": "sad", "situation": "", "turns": turns}) for i in range(8)]
    for split in ("train", "valid", "test"):
        with lzma.open(folder / "empathetic_dialogues" / f"{split}.jsonl.xz", "wt") as file:
            file.write("\n".join(rows))
    return folder


def options(policy: Path, out: Path, data: Path) -> list[str]:
    small = "--steps 2 --batch 6 --pretrain 2 --layers 1 --longest 8 --states 16 --held-out 4 --threads 1"
    return ["gail", "--policy", str(policy), "--out", str(out), "--data", str(data), *small.split()]


def test_the_command_leaves_weights_that_load_and_resumes_to_the_same(tmp_path, data, capsys):
    tiny.policy("gpt2").save(tmp_path / "start")
    assert main(options(tmp_path / "start", tmp_path / "whole", data)) == 0
    log = [json.loads(line) for line in (tmp_path / "whole" / "log.jsonl").read_text().splitlines()]
    assert [entry["demonstrations"] for entry in log] == [0.3, 0.0]
    assert {"log_odds", "discriminator_loss", "discriminator_accuracy", "kl", "entropy"} <= log[0].keys()
    figures = json.loads((tmp_path / "whole" / "figures.json").read_text())
    assert len(figures["log-odds, discriminator-start"]["difference"]) == 3

    parser = ArgumentParser()
    gail_command.add_arguments(parser)
    args = parser.parse_args(options(tmp_path / "start", tmp_path / "stopped", data)[1:])
    trainer = gail_command.Trainer(args)  # a run that is killed right after the first checkpoint
    trainer._pretrain()
    trainer._step(0)
    trainer._save(1)
    assert main(options(tmp_path / "start", tmp_path / "stopped", data)) == 0
    whole, resumed = (PartnerPolicy.load(tmp_path / name / "policy", torch.float32) for name in ("whole", "stopped"))
    for (name, a), (_, b) in zip(whole.named_parameters(), resumed.named_parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-6), name
    pair = [(Conversation(SAID[0]), SAID[1])]
    one, other = (Discriminator.load(tmp_path / name / "discriminator") for name in ("whole", "stopped"))
    assert torch.allclose(one.logits(pair), other.logits(pair), atol=1e-5)

    capsys.readouterr()
    command = ["replies", f"mle={tmp_path / 'start'}", f"gail={tmp_path / 'whole' / 'policy'}", "--out", str(tmp_path / "r")]
    assert main([*command, "--data", str(data), "--limit", "3", "--threads", "1"]) == 0
    table = capsys.readouterr().out
    assert "| 2 turns | 3 | gail |" in table and "gail, difference" in table and "3+ turns" not in table
    rows = [json.loads(line) for line in (tmp_path / "r" / "gail.jsonl").read_text().splitlines()]
    assert [row["turns"] for row in rows] == [1, 1, 1, 2, 2, 2] and rows[3]["history"][0] == ["seeker", SAID[0]]


def test_two_processes_learn_together_and_one_goes_on_with_it(tmp_path, data):
    tiny.policy("gpt2").save(tmp_path / "start")
    out = tmp_path / "two"
    two_processes([options(tmp_path / "start", out, data)], tmp_path)
    log = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    assert [entry["demonstrations"] for entry in log] == [0.3, 0.0], "one log, not one a process"
    start, ended = (PartnerPolicy.load(folder, torch.float32) for folder in (tmp_path / "start", out / "policy"))
    assert any(not torch.equal(a, b) for a, b in zip(start.parameters(), ended.parameters(), strict=True))
    assert main(options(tmp_path / "start", out, data)) == 0, "what two have finished one finds finished"
    assert [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()] == log


def test_a_prior_with_another_tokenizer_is_refused(tmp_path, data, capsys, monkeypatch):
    tiny.policy("gpt2").save(tmp_path / "start")
    monkeypatch.setattr(tiny, "TEXTS", ["Other words altogether make another vocabulary of tokens."])
    tiny.policy("gpt2").save(tmp_path / "prior")
    assert main([*options(tmp_path / "start", tmp_path / "run", data), "--reference", str(tmp_path / "prior")]) == 2
    error = capsys.readouterr().err
    assert "another tokenizer" in error and "same backbone" in error


def test_bleu_of_the_table_is_sacrebleu_s():
    made, said = (
        ["I am so sorry about your dog.", "What was he like to you?"],
        ["I'm so sorry about your dog.", "What was he like?"],
    )
    counts = np.array([bleu_counts(a, b) for a, b in zip(made, said, strict=True)])
    assert bleu(counts) == pytest.approx(sacrebleu.corpus_bleu(made, [said], lowercase=True).score)
