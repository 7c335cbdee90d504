"""EmpRL's rewards: hand-computed values, and what happens where there is no target."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partner import Conversation
from partner.types import MECHANISMS, Empathy, MechanismScore
from training.data.records import DataError
from training.rewards import REWARDS, Resources, RewardSum, Rewrite, agreement, alignment

POST = "My dog died in March and the flat is so quiet now."


class Given(Resources):
    """Resources whose EPITOME scores are written down rather than computed."""

    def __init__(self, scores: dict[str, Empathy]) -> None:
        super().__init__()
        self.scores = scores

    def empathy(self, pairs):
        return [self.scores[reply] for _, reply in pairs]


def empathy(er, ip, ex) -> Empathy:
    return Empathy(MechanismScore(er), MechanismScore(ip), MechanismScore(ex))


SURE = {0: (1.0, 0.0, 0.0), 1: (0.0, 1.0, 0.0), 2: (0.0, 0.0, 1.0)}
SCORES = {
    "generated": empathy((0.1, 0.2, 0.7), (0.5, 0.0, 0.5), (0.8, 0.2, 0.0)),
    "sure": empathy(SURE[2], SURE[0], SURE[1]),
    "target": empathy((0.2, 0.1, 0.7), (0.9, 0.1, 0.0), (0.1, 0.1, 0.8)),
}


def rewrite(reply: str, target: str = "target") -> Rewrite:
    return Rewrite(Conversation(POST), (), reply, target)


def test_alignment_by_hand():
    """Target levels are 2, 0, 2. ER: 0.1*2 + 0.2*1 = 0.4; IP: 0.5*2 = 1.0; EX: 0.8*2 + 0.2*1 = 1.8; together 3.2."""
    reward = alignment.make(Given(SCORES))
    assert reward([rewrite("generated")]) == pytest.approx([-3.2])


def test_alignment_is_the_difference_of_levels_where_the_scorer_is_sure():
    """Levels 2, 0, 1 against 2, 0, 2: one level off on exploration."""
    assert alignment.make(Given(SCORES))([rewrite("sure")]) == [-1.0]
    assert alignment.matches(SCORES["sure"], SCORES["target"]) == dict(zip(MECHANISMS, (True, True, False), strict=True))


def test_agreement_is_the_authors_exponential_of_summed_cross_entropies():
    """p(2) p(0) p(2) = 0.7 * 0.5 * 0 for the generated reply; for the target itself 0.7 * 0.9 * 0.8."""
    reward = agreement.make(Given(SCORES))
    by_hand = math.exp(-(-math.log(0.7) - math.log(0.9) - math.log(0.8)))
    assert reward([rewrite("generated"), rewrite("target")]) == pytest.approx([0.0, by_hand])


distribution = st.tuples(*[st.floats(0.01, 1.0)] * 3).map(lambda p: tuple(x / sum(p) for x in p))


@given(st.lists(distribution, min_size=6, max_size=6))
def test_bounds_hold_and_more_weight_on_the_target_level_never_hurts(p):
    scores = {"generated": empathy(*p[:3]), "target": empathy(*p[3:])}
    level = scores["target"].levels[MECHANISMS[0]]
    moved = tuple(0.5 * x + 0.5 * (i == level) for i, x in enumerate(p[0]))
    scores["nearer"] = empathy(moved, *p[1:3])
    for module, low, high in ((alignment, -6, 0), (agreement, 0, 1)):
        far, near = module.make(Given(scores))([rewrite("generated"), rewrite("nearer")])
        assert low <= far <= near + 1e-12 and near <= high


@pytest.mark.parametrize("name", ["alignment", "agreement"])
def test_a_missing_target_is_said_plainly(name):
    assert name in REWARDS
    with pytest.raises(DataError, match=r"there is none for the post 'My dog died.*--task dialogue"):
        RewardSum({name: 1.0}, Resources())([rewrite("I'm so sorry.", target=" ")])


def test_with_the_shipped_scorer_the_target_itself_is_the_best_answer():
    target = "I'm so sorry about your dog. What was he like?"
    replies = [target, "Ok.", "Get a new one, they are cheap."]
    totals, terms = RewardSum({"alignment": 1.0, "agreement": 0.0}, Resources(threads=1))([rewrite(r, target) for r in replies])
    assert totals[0] > max(totals[1:]) and terms["agreement"][0] > max(terms["agreement"][1:])
    assert -0.8 < totals[0] <= 0
