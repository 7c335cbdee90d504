"""GAIL: the discriminator, the rewards it gives, the demonstration mix, and an expert that is found again."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from transformers import BertConfig, BertModel

from partner import Conversation
from partner.models import ModelError
from training.algorithms.gail import demonstration_share, mixed_rewards
from training.data.empathetic_dialogues import Dialogue
from training.data.records import DataError
from training.data.trajectories import staggered
from training.discriminator import Discriminator, DiscriminatorArgs, context, hit, loss_of
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
    for _ in range(250):
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
