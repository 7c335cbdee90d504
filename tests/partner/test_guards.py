"""Candidates that must never be shown are refused with a reason, good ones pass, and any text is survived."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partner.corpus import opened, record_files
from partner.guards import Guard, duplicate, out_of_tune, refuse
from partner.models import assets_dir
from partner.types import Conversation

POST = (
    "I'm 34 and I lost my job at the bakery on Tuesday after nine years. My husband says I should just relax. "
    "My mother keeps calling and I can't tell her."
)
CONVERSATION = Conversation(POST, "That sucks. You could update your CV.")
GOOD = [
    "I'm so sorry, nine years is a long time to lose in one day.",
    "It must be lonely to hide this from your mum.",
    "What has it been like at home since Tuesday?",
    "My heart goes out to you.",
    "Being told to relax when you're hurting can make you feel even more alone.",
    "How do you feel when your husband says that?",
    "I'm really worried that you're carrying this on your own.",
    "You shouldn't have to pretend that everything is fine.",
    "It makes sense that you're scared of what comes next.",
]
BAD = {
    "malformed": [
        "I'm so sorry that you had to",
        "It must be such a such a hard time.",
        "You has been through so much.",
        "That must hurt. I am sorry.",
        "<er> That must hurt a lot.",
        'You said "nine years and it hurts.',
        "it must be hard for you.",
        "Sorry to hear.... that.",
        "That hurts.",
        " ".join(["word"] * 40) + ".",
        "I hope that you can find your way and the.",
    ],
    "echo": ["You lost your job at the bakery on Tuesday after nine years.", "You could update your CV."],
    "people": [
        "It must hurt to hear your brother say that.",
        "Losing your dog on top of it is so sad.",
        "I feel for you, Sandra must have been a good friend.",
        "What did your landlord say?",
    ],
    "fact": [
        "The funeral must have been hard to get through.",
        "Twelve years is a long time to give to a job.",
        "What did you feel on Friday?",
        "Waiting for the biopsy must be hard, and then the cancer.",
    ],
    "prying": [
        "What do you think she means when she calls you that?",
        "What do you think your husband meant by relaxing?",
    ],
    "advice": [
        "You should call the job centre tomorrow.",
        "Have you tried talking to your old boss?",
        "Try to get some fresh air every day.",
        "Tell your mother tonight and get it over with.",
        "Why don't you ask for your job back?",
    ],
    "medical": [
        "You have depression and need an antidepressant.",
        "Take 20 mg of melatonin before bed.",
        "You should see a doctor about your dosage.",
        "By law you can sue them for this.",
    ],
    "promise": [
        "It will get better soon.",
        "Everything will be fine.",
        "You'll find a better job before you know it.",
        "He will come back to you, I promise.",
        "Once you relax, the pain will be gone.",
    ],
    "blame": [
        "You should have seen this coming.",
        "Why didn't you tell your mother straight away?",
        "You let this go on for too long.",
        "You're being a bit dramatic about it.",
    ],
    "method": [
        "Do you know how he did it?",
        "Some people take an overdose.",
        "Promise me that you won't hurt yourself.",
        "Keep it under 800 calories.",
    ],
    "self": [
        "I lost my brother too.",
        "I've been there, it was awful.",
        "When I was fired I cried for a week.",
        "My mum is the same.",
        "Same here, it happens to me all the time.",
        "As a mother I understand.",
    ],
    "claim": ["I know exactly how you feel.", "We've all been there in life."],
    "positivity": [
        "Everything happens for a reason.",
        "Look on the bright side, you have time now.",
        "At least you have a husband.",
        "Stay positive and smile.",
        "Cheer up, it's a fresh start.",
    ],
    "contact": ["Feel free to DM me any time.", "Give me your phone number and we can talk.", "We could meet up for coffee."],
    "profane": ["What an asshole he is.", "That is such bullshit."],
    "sexual": ["A bit of sexual healing helps."],
    "religious": ["God has a plan for you.", "I will be praying for your soul."],
    "violence": ["Make him pay for what he did to you.", "She deserves to suffer for that."],
}
# Two rules may claim the same sentence; these are read as any of them.
NEAR = {
    "claim": {"claim", "self"},
    "medical": {"medical", "advice", "method"},
    "contact": {"contact", "advice"},
    "religious": {"religious", "promise", "self"},
    "advice": {"advice", "blame"},
    "fact": {"fact", "people", "medical"},
    "self": {"self", "claim"},
    "echo": {"echo", "advice"},
    "positivity": {"positivity", "advice"},
    "violence": {"violence", "advice"},
    "method": {"method", "advice"},
}


@pytest.mark.parametrize("sentence", GOOD)
def test_good_sentences_pass(sentence: str) -> None:
    assert refuse(CONVERSATION, sentence) is None


@pytest.mark.parametrize(("kind", "sentence"), [(kind, s) for kind, sentences in BAD.items() for s in sentences])
def test_bad_sentences_are_refused_with_their_kind(kind: str, sentence: str) -> None:
    reason = refuse(CONVERSATION, sentence)
    assert reason is not None
    assert reason.split(":")[0] in NEAR.get(kind, {kind}), reason


def test_words_for_the_same_person_stand_for_each_other() -> None:
    assert refuse(Conversation("my parents found out"), "Your mum sounds so angry.") is None
    assert refuse(Conversation("my puppy is sick"), "I hope your dog feels better soon.") is None
    assert refuse(Conversation("I cry a lot"), "I hope your dog feels better soon.") is not None


def test_pronouns_need_somebody_to_stand_for() -> None:
    nobody = Conversation("I failed my exam and I feel numb")
    assert refuse(nobody, "He must have hurt you so much.").startswith("people")
    assert refuse(Conversation("my brother yelled at me"), "He must have hurt you so much.") is None
    assert refuse(Conversation("my friend yelled at me"), "She must have hurt you so much.") is None


def test_numbers_match_in_words_digits_and_sums() -> None:
    talk = Conversation("I'm 47 and my father died when I was 12. i earn 4k")
    assert refuse(talk, "Forty-seven is so young to be this tired.") is None
    assert refuse(talk, "You've missed him for thirty-five years.") is None
    assert refuse(talk, "You've missed him for twenty-two years.") is not None
    assert refuse(talk, "It hurts to see 4,000 vanish each month.") is None


def test_history_and_reply_hold_facts_too() -> None:
    talk = Conversation("it hurts", "Your sister was wrong.", (("seeker", "my cat died"),))
    assert refuse(talk, "I'm so sorry about your cat.") is None
    assert refuse(talk, "It must sting that your sister said that.") is None


def test_a_draft_that_shares_experience_may_go_on_sharing() -> None:
    own = "My mum was like that as well."
    assert refuse(Conversation(POST, "Hang in there."), own) is not None
    assert refuse(Conversation(POST, "When I lost my job my mum was no help."), own) is None


def test_religion_only_where_the_post_brings_it() -> None:
    sentence = "I hope your prayers give you some peace."
    assert refuse(Conversation("I pray every night and feel nothing"), sentence) is None
    assert refuse(Conversation("I feel nothing at night"), sentence) is not None


def test_fears_and_quotes_are_not_promises_or_claims() -> None:
    assert refuse(CONVERSATION, "Are you afraid that it will never get better?") is None
    assert refuse(CONVERSATION, "Maybe you're scared that he will say it again.") is None
    assert refuse(CONVERSATION, "Reading 'I lost my job' made me sad for you.") is None


def test_duplicates() -> None:
    assert duplicate("I'm so sorry you lost your job.", "I am really sorry that you lost your job.")
    assert duplicate("How are you sleeping?", "How are you sleeping these days?") or not duplicate(
        "How are you?", "Who is with you?"
    )
    assert not duplicate("What did your mother say?", "It must hurt to lose nine years of work.")


@given(st.text(alphabet=st.characters(), max_size=120), st.text(alphabet=st.characters(), max_size=120))
def test_any_text_gets_a_verdict(post: str, sentence: str) -> None:
    verdict = Guard(Conversation(post, sentence)).refuse(sentence)
    assert verdict is None or ":" in verdict
    assert duplicate(sentence, sentence)
    assert duplicate(post, sentence) == duplicate(sentence, post)


@given(st.sampled_from(GOOD))
def test_a_sentence_of_the_reply_is_never_offered_again(sentence: str) -> None:
    assert refuse(Conversation(POST, f"Hm. {sentence} Bye."), sentence) == "echo: the reply says it already"


def test_hostile_repetition_is_judged_quickly() -> None:
    guard = Guard(Conversation("a " * 50_000, "b. " * 5_000))
    assert guard.refuse("so " * 5_000 + ".") is not None
    assert guard.refuse("'" * 250 + ".") is not None


def test_most_authored_negatives_of_the_worst_kinds_are_refused() -> None:
    wanted = {
        "medical": 0.95,
        "promise": 0.9,
        "self_focus": 0.9,
        "advice": 0.9,
        "unsafe": 0.9,
        "toxic_positivity": 0.8,
        "malformed": 0.8,
    }
    corpus = assets_dir() / "corpus"
    posts = {}
    for path in record_files(corpus):
        with opened(path) as file:
            posts |= {row["id"]: Conversation(row["seeker"], " ".join(row["response"])) for row in map(json.loads, file)}
    refused: dict[str, list[bool]] = {kind: [] for kind in wanted}
    for line in (corpus / "negatives.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        guard = Guard(posts[row["id"]])
        for sentence, kind in row["bad"]:
            if kind in wanted:
                refused[kind].append(guard.refuse(sentence) is not None)
    shares = {kind: sum(hits) / len(hits) for kind, hits in refused.items()}
    assert all(shares[kind] >= share for kind, share in wanted.items()), shares


@pytest.mark.parametrize(
    ("sentence", "refused"),
    [
        ("I feel for you, being so pathetic.", True),
        ("I'm sorry you're such a burden.", True),
        ("It must hurt to feel that you are a burden.", False),
        ("You are not pathetic.", False),
        ("What makes you think you're a burden?", False),
    ],
)
def test_what_seekers_call_themselves_is_not_said_after_them(sentence: str, refused: bool):
    post = Conversation("he blocked me and now i feel so pathetic, i'm just a burden to everyone")
    assert ((refuse(post, sentence) or "").startswith("names")) is refused


def test_condolence_and_joy_stay_where_they_belong():
    assert out_of_tune("I'm so sorry, that sounds awful.", "glad") and not out_of_tune("I'm so sorry.", "sad")
    assert out_of_tune("I'm so happy for you!", "sad") and not out_of_tune("I'm so happy for you!", "glad")
    for joy in (
        "I'm so happy that they came up again.",
        "I’m really glad it’s over.",
        "I'm glad he's home.",
        "I'm thrilled about your news.",
    ):
        assert out_of_tune(joy, "sad") and out_of_tune(joy, "bright") and not out_of_tune(joy, "glad")
    for warm in ("I'm so glad they have you.", "I'm glad you wrote.", "Whatever made you post, I'm glad it did."):
        assert not out_of_tune(warm, "sad")


def test_no_question_leads_away_from_a_medicine():
    post = Conversation("i take mirtazapine since monday and feel sick, can i go up to 30mg")
    assert refuse(post, "What would happen if you stopped taking them today?").startswith("medical")
    assert refuse(post, "How are you coping since you stopped working?") is None


def test_your_little_girl_is_a_child_and_not_any_she():
    sentence = "My heart is with you and your little girl."
    assert refuse(Conversation("Got my dog back from the shelter. She didn't know me for a minute."), sentence) is not None
    assert refuse(Conversation("My daughter is back in hospital and I sit by her bed."), sentence) is None
    assert refuse(Conversation("My kid is back in hospital."), "I hope your little boy gets some rest.") is None
