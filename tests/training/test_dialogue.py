"""Full replies: layout, sampling, their decisions, the data they are learned from, and a small real fine-tuning."""

from __future__ import annotations

import json
import lzma
from pathlib import Path

import pytest
import torch

from partner import Conversation
from partner.candidates import Sampling
from partner.policy import PartnerPolicy
from partner.types import MECHANISMS
from tests import tiny
from training.__main__ import main
from training.algorithms.ppo import PPO, PPOArgs
from training.data.contexts import conversation_of, read_contexts
from training.data.records import DataError
from training.dialogue import DialogueEnvironment, decider, prompt, read_states, reply_logits, sample, text_of, unfit
from training.environment import State, with_rewards

SHORT = Conversation("I feel so alone.")
LONG = Conversation("Nobody called me back.", "", (("seeker", "My dog died in March."), ("supporter", "What was he like?")))
STATES = [State(SHORT, "I am sorry."), State(LONG, "That must hurt.")]


@pytest.fixture(scope="module", params=["gpt2", "llama"])
def policy(request) -> PartnerPolicy:
    return tiny.policy(request.param)


def test_a_full_reply_is_asked_for_as_no_edit_is():
    layout = tiny.policy("gpt2").layout
    names = layout.tokenizer.convert_ids_to_tokens(prompt(layout, LONG))
    assert [n for n in names if n.startswith("<|")] == [
        "<|seeker|>",
        "<|supporter|>",
        "<|post|>",
        "<|reply|>",
        "<|here|>",
        "<|insert|>",
    ]
    assert not any(names[-1] == f"<|{m}|>" for m in MECHANISMS)


def test_decisions_are_the_log_probabilities_of_the_model_run_on_each_reply_alone(policy):
    """Padding, branches and batches change nothing: against a plain forward pass of prompt and reply."""
    environment = DialogueEnvironment(longest=9)
    reference = tiny.policy("gpt2" if policy.backbone.config.model_type == "gpt2" else "llama", seed=1)
    rollout = environment.rollout(policy, reference, STATES, 3, torch.Generator().manual_seed(0))
    batch = rollout.batch
    assert batch.state.tolist() == [0, 0, 0, 1, 1, 1] and batch.rewards.abs().sum() == 0
    drawn = sample(policy, [prompt(policy.layout, s.conversation) for s in STATES], 3, torch.Generator().manual_seed(0), 9)
    for i, reply in enumerate(drawn):
        before = prompt(policy.layout, STATES[i // 3].conversation)
        for model, found in ((policy, batch.log_probs), (reference, batch.reference)):
            with torch.no_grad():
                states = model.hidden(torch.tensor([before + reply]))[0]
                all_logs = reply_logits(model, states).log_softmax(-1)
            expected = [float(all_logs[len(before) - 1 + t, token]) for t, token in enumerate(reply)]
            assert found[i, : len(reply)].tolist() == pytest.approx(expected, abs=2e-4)
        assert batch.mask[i].sum() == len(reply) and batch.log_probs[i, len(reply) :].abs().sum() == 0
        rewrite = rollout.rewrites[i]
        assert rewrite.reply == text_of(policy, reply) and rewrite.target == STATES[i // 3].target
        assert [s.text for s in rewrite.steps] == ([rewrite.reply] if reply[-1] == policy.layout.id["<|end|>"] else [])
    some = rollout.decide(policy, torch.tensor([4, 1]))
    assert torch.allclose(some.log_probs, batch.log_probs[[4, 1]], atol=1e-5)
    assert some.hidden.shape == (2, batch.mask.shape[1], policy.backbone.config.hidden_size)
    assert (some.entropy[batch.mask[[4, 1]]] > 0).all()


def test_samples_follow_the_distribution_of_the_model(policy):
    """First tokens of 4,000 samples against their probabilities, to three standard errors and a bit."""
    before, n = prompt(policy.layout, SHORT), 4000
    with torch.no_grad():
        logits = reply_logits(policy, policy.hidden(torch.tensor([before]))[0, -1]) / 0.25
    chances = logits.softmax(-1)
    firsts = torch.tensor([r[0] for r in sample(policy, [before], n, torch.Generator().manual_seed(3), 1, temperature=0.25)])
    shares = torch.bincount(firsts, minlength=len(chances)) / n
    assert ((shares - chances).abs() <= 4.5 * (chances * (1 - chances) / n).sqrt() + 1e-3).all()


def test_a_reply_ends_with_its_end_token_and_holds_no_other_control_token():
    policy = tiny.policy("gpt2")
    policy.layout.id["<|end|>"] = end = policy.layout.text("a")[0]  # a likely token as the end, so that replies do end
    drawn = sample(policy, [prompt(policy.layout, SHORT)], 200, torch.Generator().manual_seed(0), 30, Sampling(temperature=0.5))
    assert all(end not in r[:-1] and (r[-1] == end or len(r) == 30) for r in drawn)
    assert any(r[-1] == end for r in drawn) and len({len(r) for r in drawn}) > 1
    control = {i for token, i in policy.layout.id.items() if token != "<|end|>"}
    assert not control & {token for r in drawn for token in r}


def test_ppo_learns_the_best_known_first_word():
    """A bandit: only replies that open with one word are rewarded; a few updates make it the likeliest."""
    policy = tiny.policy("gpt2").train(False)
    reference = tiny.policy("gpt2")
    wanted = policy.layout.text("sorry")[0]
    environment = DialogueEnvironment(longest=1, temperature=1.0)
    learner = PPO(policy, PPOArgs(learning_rate=3e-3, kl=0.0, value_learning_rate=1e-2, epochs=2, minibatches=1))
    generator = torch.Generator().manual_seed(0)

    def chance() -> float:
        with torch.no_grad():
            log_probs = decider([prompt(policy.layout, SHORT)], [[wanted]])(policy, torch.tensor([0])).log_probs
        return float(log_probs.exp())

    before = chance()
    for _ in range(25):
        rollout = environment.rollout(policy, reference, [STATES[0]] * 2, 64, generator)
        rewards = [float(r.reply.startswith("sorry")) for r in rollout.rewrites]
        learner.update(with_rewards(rollout.batch, rewards), rollout.decide)
    assert before < 0.02 and chance() > 0.5


def test_turns_take_roles_from_the_post_backwards():
    assert conversation_of(["a", "b", "c", "d"]) == Conversation(
        "d", "", (("supporter", "a"), ("seeker", "b"), ("supporter", "c"))
    )
    assert conversation_of(["a"], "be brief").history == (("supporter", "be brief"),)


def folder_of(tmp_path: Path, **files: object) -> Path:
    for split in ("train", "val", "test"):
        (tmp_path / split).mkdir(exist_ok=True)
        for name, value in files.items():
            (tmp_path / split / f"{name}.json").write_text(json.dumps(value))
    return tmp_path


def test_a_data_set_of_ones_own_is_read_with_instructions_and_knowledge(tmp_path):
    count = 400
    folder = folder_of(
        tmp_path,
        contexts=[["I failed.", "Oh no.", "Twice."]] * count,
        targets=["That must hurt."] * count,
        instructions=["Be kind."] * count,
        knowledge=[None] + ["They study law."] * (count - 1),
    )
    whole = list(read_contexts(folder, "val"))
    assert whole[0] == (
        Conversation("Twice.", "", (("seeker", "I failed."), ("supporter", "Oh no."), ("supporter", "Be kind."))),
        "That must hurt.",
    )
    assert whole[1][0].history[-1] == ("supporter", "Be kind. They study law.")
    told = [any("Be kind." in text for _, text in c.history) for c, _ in read_contexts(folder, "train")]
    assert 0.6 < sum(told) / count < 0.8  # three in ten are erased in training
    assert all(s.target == "That must hurt." for s in read_states("dev", dataset=folder))


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"contexts": [["a"]]}, r"targets\.json is missing"),
        ({"contexts": [["a"]], "targets": ["b", "c"]}, r"targets\.json has 2 items and contexts\.json 1"),
        ({"contexts": ["a"], "targets": ["b"]}, r"item 0: must be a list of one or more turns"),
        ({"contexts": [["a"]], "targets": [3]}, r"targets\.json, item 0: must be a text"),
        ({"contexts": [["a"]], "targets": ["b"], "knowledge": [3]}, r"knowledge\.json, item 0: must be a text or null"),
        ({"contexts": {"a": 1}, "targets": ["b"]}, r"contexts\.json must hold a list"),
    ],
)
def test_malformed_data_sets_are_named(tmp_path, files, message):
    with pytest.raises(DataError, match=message):
        list(read_contexts(folder_of(tmp_path, **files), "train"))


def test_what_no_assistant_may_say_is_not_learned(tmp_path):
    assert unfit("I lost my brother too.") and unfit("I know exactly how you feel.")
    assert not unfit("I'm so sorry about your brother. What was he like?")
    targets = ["That must hurt.", "I lost my dog too.", "That must hurt.", " "]
    contexts = [["My dog died."], ["My dog died."], ["I want to kill myself."], ["My dog died."]]
    assert [s.target for s in read_states("train", dataset=folder_of(tmp_path, contexts=contexts, targets=targets))] == [
        "That must hurt."
    ]


@pytest.fixture(scope="module")
def dialogues(tmp_path_factory) -> Path:
    """A data folder in the form of EmpatheticDialogues."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "empathetic_dialogues").mkdir()
    for split, count in (("train", 60), ("valid", 12), ("test", 12)):
        rows = [
            {
                "id": f"{split}{i}",
                "emotion": "sad",
                "situation": "x",
                "turns": [
                    ["seeker", f"My dog number {i} died.", "sad"],
                    ["supporter", "I am sorry, that must hurt.", "sympathizing"],
                    ["seeker", "The flat is quiet now.", "lonely"],
                    ["supporter", "What was he like?", "questioning"],
                ],
            }
            for i in range(count)
        ]
        with lzma.open(folder / "empathetic_dialogues" / f"{split}.jsonl.xz", "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
    return folder


def test_states_come_from_the_split_asked_for_with_targets_and_without_crisis(dialogues):
    environment = DialogueEnvironment(limit=20, data=dialogues)
    train, dev = environment.states("train"), environment.states("dev")
    assert len(train) == 20 and len(dev) == 4 and train == environment.states("train")
    assert {s.target for s in train} == {"I am sorry, that must hurt.", "What was he like?"}
    assert all(not s.conversation.reply for s in train)


def test_the_warm_start_teaches_replies_and_keeps_the_edits(dialogues, tmp_path):
    tiny.policy("gpt2").save(tmp_path / "backbone")

    def arguments(out: str, *more: str) -> list[str]:
        common = ["--backbone", str(tmp_path / "backbone"), "--data", str(dialogues), "--out", str(tmp_path / out)]
        common += ["--row", "256", "--rows", "2", "--threads", "1", "--no-bf16", "--learning-rate", "5e-3", "--epochs", "3"]
        return ["warm-start", "--task", "dialogue", *common, *more]

    assert main(arguments("whole")) == 0
    log = [json.loads(line) for line in (tmp_path / "whole" / "log.jsonl").read_text().splitlines()]
    assert log[-1]["dev"]["replies"]["perplexity"] < 0.2 * torch.tensor(log[0]["tokens"]).exp()
    policy = PartnerPolicy.load(tmp_path / "whole" / "policy", torch.float32)
    before = prompt(policy.layout, Conversation("My dog number 3 died."))
    drawn = sample(policy, [before], 1, torch.Generator().manual_seed(0), 40, Sampling(temperature=0.01))
    assert text_of(policy, drawn[0]) in ("I am sorry, that must hurt.", "What was he like?")
    assert policy.where(SHORT, ["Ok."])[1].isfinite().all()  # it still edits
    assert json.loads((tmp_path / "whole" / "config.json").read_text())["task"] == "dialogue"


def test_an_unusable_data_set_is_an_error_in_one_line(tmp_path, capsys):
    tiny.policy("gpt2").save(tmp_path / "backbone")
    (tmp_path / "set").mkdir()
    folder = folder_of(tmp_path / "set", contexts=[["My dog died."]], targets=["I lost my dog too."])
    arguments = ["--backbone", str(tmp_path / "backbone"), "--dataset", str(folder), "--out", str(tmp_path / "out")]
    assert main(["warm-start", "--task", "dialogue", *arguments]) == 2
    assert "no reply to learn from in train" in capsys.readouterr().err
