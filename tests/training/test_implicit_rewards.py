"""Implicit rewards of a conversation, by hand; their CSV; and the reward that reads the page's log."""

from __future__ import annotations

import numpy as np
import pytest

from partner.prompt import Place
from partner.types import Conversation
from training.__main__ import main
from training.data.conversations import Turn, episodes, read_conversations, write_conversations
from training.data.logged import WHOLE
from training.data.records import DataError
from training.implicit_rewards import (
    IMPLICIT,
    Models,
    add_rewards,
    conversation_length,
    laughter,
    question,
    sentiment,
    sentiment_change,
    similarity,
    words_elicited,
)
from training.rewards import REWARDS, Rewrite, Step
from training.rewards.feedback import kernel, of

TALK = [
    Turn("seeker", "I failed the exam again and I feel so ashamed.", {}),
    Turn("supporter", "That must hurt. What happened this time?", {}),
    Turn("seeker", "haha well, I overslept, LOL", {}),
    Turn("supporter", "The weather is nice in Portugal.", {}),
    Turn("seeker", "I'm so grateful you listened, I feel hopeful and proud now!", {}),
    Turn("supporter", "You are welcome.", {}),
]


@pytest.fixture(scope="module")
def models() -> Models:
    return Models()


def test_rewards_of_the_words_by_hand(models):
    assert words_elicited(TALK, models) == [5.0, 11.0, 0.0]
    assert words_elicited([TALK[0], TALK[1], Turn("seeker", "so " * 99, {})], models) == [30.0]
    assert question(TALK, models) == [1.0, 0.0, 0.0]
    assert question([Turn("supporter", "Really?", {}), Turn("supporter", "Tell me how it went.", {})], models) == [0.5, 0.5]
    assert laughter(TALK, models) == [2.0, 0.0, 0.0]
    assert laughter([TALK[1], Turn("seeker", "haha hahaha 😂 lol hehe what a hatch", {})], models) == [4.0]
    assert laughter([TALK[1], Turn("seeker", "I have a hallway and a lollipop", {})], models) == [0.0]


def test_length_is_received_at_the_last_turn_but_one_and_discounted(models):
    assert conversation_length(TALK, models) == pytest.approx([3 * 0.95, 3.0, 0.0])
    assert conversation_length(TALK[:2], models) == [0.0]


def test_sentiment_and_similarity_of_the_turns(models):
    told = sentiment(TALK, models)
    assert told[1] > 0.5 and told[2] == 0.0 and all(-1 <= v <= 1 for v in told)
    sad = sentiment([TALK[1], Turn("seeker", "I feel so alone and afraid, everything is hopeless.", {})], models)
    assert sad[0] < -0.5
    change = sentiment_change(TALK, models)
    assert change[1] == pytest.approx(told[1] - told[0], abs=0.05) and change[2] == 0.0
    near = similarity([TALK[0], Turn("supporter", "Failing an exam again feels awful.", {})], models)[0]
    assert near > similarity(TALK, models)[1] and similarity([TALK[1]], models) == [0.0]


def test_the_command_adds_columns_that_offline_reads(tmp_path, models, capsys):
    path, out = tmp_path / "talk.csv", tmp_path / "rewards.csv"
    write_conversations(path, {"7": TALK, "8": TALK[:3]})
    assert main(["implicit-rewards", str(path), "--out", str(out), "--reward", "reward_question", "reward_words_elicited"]) == 0
    assert "reward_question: mean" in capsys.readouterr().out
    found = read_conversations(out)
    assert [t.rewards.get("reward_words_elicited") for t in found["7"] if t.role == "supporter"] == [5.0, 11.0, 0.0]
    weights = {"question": 2.0, "reward_words_elicited": 0.5}
    made = episodes(found, weights, normalise=False)
    danger = {"9": [Turn("seeker", "I cannot go on.", {}), *found["7"][1:]]}
    assert episodes(found | danger, weights, False, crisis=lambda c: c.post == "I cannot go on.") == made, "left out whole"
    assert [[e.reward for e in episode] for episode in made] == [[2 + 2.5, 5.5, 0.0], [2 + 2.5]]
    assert made[0][1].conversation == Conversation(TALK[2].text, "", tuple((t.role, t.text) for t in TALK[:2]))
    assert made[0][1].place == WHOLE and made[0][1].text == TALK[3].text
    scaled = [e.reward for episode in episodes(found, {"question": 1.0}) for e in episode]
    assert np.mean(scaled) == pytest.approx(0.0, abs=1e-9) and np.std(scaled) == pytest.approx(1.0)
    with pytest.raises(DataError, match="no implicit reward is called reward_fun"):
        add_rewards(found, ["reward_fun"], models)
    assert set(IMPLICIT) >= {"reward_question", "reward_conversation_length"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("conversation,role\n1,seeker\n", "no column text"),
        ("conversation,role,text\n1,bot,hi\n", r":2: role is 'bot'"),
        ("conversation,role,text\n1,seeker, \n", r":2: the turn has no text"),
        ("conversation,role,text,reward_x\n1,seeker,hi,\n1,supporter,yes,good\n", r":3: reward_x is 'good'"),
        ("conversation,role,text\n", "holds no turns"),
    ],
)
def test_malformed_tables_are_named(tmp_path, text, message):
    path = tmp_path / "talk.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        read_conversations(path)


def test_logs_without_rewards_or_with_equal_ones_say_so():
    rated = [
        TALK[0],
        Turn("supporter", "I see.", {"reward_rating": 1.0}),
        TALK[2],
        Turn("supporter", "Yes.", {"reward_rating": 1.0}),
    ]
    with pytest.raises(DataError, match="no column reward_fun; it has reward_rating"):
        episodes({"1": rated}, {"fun": 1.0})
    with pytest.raises(DataError, match="nothing to prefer"):
        episodes({"1": rated}, {"rating": 1.0}, normalise=False)
    with pytest.raises(DataError, match="conversation 1, turn 2: the supporter's turn has no reward_rating"):
        episodes({"1": [TALK[0], TALK[1], *rated[2:]]}, {"rating": 1.0})


def test_the_feedback_reward_by_hand():
    """One known sentence of reward 1: itself earns 1 / (1 + 1), a sentence at cosine 0.94 earns e^-1 / (1 + e^-1)."""
    assert kernel(np.array([[1.0], [0.94]]), np.array([1.0])).tolist() == pytest.approx([0.5, 0.26894142], abs=1e-6)
    assert kernel(np.array([[1.0] * 9]), np.array([1.0] * 9)).tolist() == pytest.approx([0.9])


def test_feedback_ranks_what_supporters_accepted_above_what_they_rejected(models):
    assert REWARDS["feedback"] == "training.rewards.feedback"
    reward = of(["What was he like?", "Cheer up, it is only a dog."], [1.0, -1.0], models.embedder.embed)
    state = Conversation("My dog died.", "Ok.")

    def adding(*texts: str) -> Rewrite:
        steps = tuple(Step(("Ok.",), Place("insert", 1, "exploration"), text) for text in texts)
        return Rewrite(state, steps, " ".join(("Ok.", *texts)))

    liked, hated, other, none = reward(
        [adding("What was he like?"), adding("Cheer up, it's only a dog."), adding("The bus is late."), adding()]
    )
    assert liked > 0.4 and hated < -0.3 and abs(other) < 0.05 and none == 0.0
    assert reward([adding("What was he like?", "Cheer up, it's only a dog.")])[0] == pytest.approx(
        (liked + hated) / 2, abs=0.05
    )
