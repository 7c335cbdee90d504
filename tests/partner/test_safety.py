"""Crisis posts are recognised, figures of speech are not, and what is offered is careful and fits."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partner import safety
from partner.models import ModelError, assets_dir
from partner.safety import CRISIS_NOTE, CRISIS_RESOURCES, crisis, crisis_kinds, crisis_signals, vetted
from partner.types import MECHANISMS, Conversation

CRISIS = {
    "suicidal": [
        "what do i do with the rest of my tablets? i collected them all summer and took half last month",
        "i still have the other half hidden in a shoebox and cant throw it out. the pills i mean",
        "buckshot or slug. which one would be sure",
        "i'm not trying to turn myself into a vegetable",
        "I don't own a gun. Lately I find my thoughts going back to using one if I had one",
        "I want to kill myself.",
        "honestly i just wanna die",
        "I’ve been thinking about suicide again",
        "kms lol but not lol",
        "thinking of ending it all tonight",
        "i want to unalive myself",
        "I could take all my pills and be done",
        "I keep thinking about jumping off the bridge",
        "having sucidal thoughts again",
        "some days i could off myself and nobody at work would look up",
        "it would take a week until anybody found my body",
        "three drafts and i still dont know what else to put in my note",
        "tried to od yesterday, only threw up",
        "there's a noose in the shed and i know where",
        "please let this pass, i pray that i die in my sleep",
        "drinking myself to death since may",
        "gonna drink till i dont wake up",
        "on the platform and wanting to jump",
        "one turn of the wheel, so easy to drive my car into the barrier",
        "i was ready to walk out there and get hit by a truck",
        "why couldn't that truck have hit me",
        "what would happen if someone took 12 of these tablets",
        "made another failed attempt last night",
        "question for everyone who has attempted: were you calm",
        "every good evening i think it would be a good moment to die",
    ],
    "passive": [
        "i keep hoping theyll draft me. id die a hero and that would be that",
        "thought about all of it again and every way hurts. might as well live.",
        "my days are all one gray thing now. i wake up and wish i hadnt",
        "at night im fine. i just regret waking up at all",
        "i gave all my clothes to charity. i wont need them anymore",
        "giving all my things to charity. i wont need them.",
        "they say it is motor neurone. id rather go now while i can still do it myself",
        "i feel like im sinking. my time is almost up",
        "i dont want to be here anymore",
        "I don't want to be alive any more",
        "every night i hope i dont wake up",
        "everyone would be better off without me",
        "there's no reason to live",
        "so tired of living",
        "I wish I had never been born",
        "wish i never woke up",
        "if i wasnt here my mum could have a normal life",
        "dont think i have much time left on this planet",
        "i was not meant for this world",
        "sometimes i lie there wishing you hadnt been born, meaning me. why did she even give birth to me",
        "they'd all be happier without my gloomy presence",
        "twenty today. never expected i'd make it this far",
        "when people talk about the future i cant see myself in it",
        "i want to vanish somewhere without anyone looking for me",
        "no idea how much longer i can hang on",
    ],
    "self_harm": [
        "i relapsed on cutting last night",
        "I started hurting myself again",
        "2 weeks clean from sh and the urge is so loud",
        "self-harm is the only thing that helps",
        "cut myself again",
        "i pushed the scissors into my thigh under the desk and nobody noticed",
        "kept poking a compass in my hand all through maths",
        "started punching my legs again so nobody sees",
        "slapping myself in the face until it goes quiet",
        "days clean: 0",
        "mum asks what makes me decide to cut",
        "awake with the razor again",
    ],
    "imminent": [
        "I wrote a goodbye note for my parents",
        "she left and i have a plan now. i feel calm for the first time in weeks",
        "im standing on the roof of my building",
        "tried to hit the artery and it just wont",
        "been thinking about opening my veins",
        "I can't do this any more. I have the pills here and I just want it to end tonight.",
        "the pills are right here on the table",
        "i have the rope ready",
        "it ends tonight",
        "i took them all",
        "by tomorrow i'll be gone",
        "i have a plan and the means",
        "she moved away with the kids. ive been giving things away this week, the tools, the bike",
        "gave my records to a friend, told him i dont need them where im going",
        "I gave my things to the church. I feel calm now, it's decided.",
    ],
    "attempt": ["I tried to kill myself last week and I survived.", "since my suicide attempt nobody looks at me"],
    "other_person": [
        "my best friend says she wants to die and I don't know what to do",
        "My brother is suicidal.",
        "he threatens to kill himself if I leave",
        "my daughter has cuts on her arms",
    ],
}
EVERYDAY = [
    "we are moving to Spain so ive been giving my stuff away all week",
    "i keep giving things away to charity and it feels good",
    "I'm giving my stuff to goodwill this weekend",
    "ive been giving my things to the animal shelter, they need blankets",
    "the rest of the pills made me sick so i called the pharmacist",
    "my time at this job is almost over and i will miss everyone",
    "they asked me to stay for dinner but i'd rather go now before it gets dark",
    "there was a slug on my lettuce and another under the pot",
    "my neighbour keeps his hunting rifle in a safe",
    "I was thinking of using the car but the bus is cheaper",
    "my ex crashed my car into a tree and the insurance won't pay",
    "the neighbour's dog bit my arm and he laughed",
    "hit my head on the cupboard door twice today",
    "i have no idea how much longer i can keep this shop open",
    "not sure we have much time left on the lease",
    "he does not see himself in a big city in the future",
    "she jumped into the pool and i was ready to go home",
    "this job is killing me",
    "I was dying of laughter",
    "I'm cutting down on sugar",
    "I could kill for a coffee right now",
    "shoot me an email",
    "I jumped at the chance to move",
    "my dog died yesterday and I miss him",
    "My dad died of cancer in May.",
    "my phone died and I missed the interview",
    "I want to end it with my boyfriend but I can't",
    "I'm dying to know what she said",
    "I cut the grass and cut my hair short",
    "I would kill to get that job, my boss will kill me though",
    "I don't want to be here at this party, it's boring",
    "I fell off my bike and hurt myself",
    "We watched Suicide Squad, it was awful",
    "Starting this shop was career suicide",
    "I'm scared of dying on a plane",
    "the exam is going to kill me",
    "Our hamster died and my son cries himself to sleep",
    "I had to give up my seat and my plan fell through",
    "the nurse could not find a vein and poked my arm three times",
    "twice a day i stick the needle in my leg for my insulin",
    "i have to stick needles in my thighs twice a day, type 1",
    "the surgeon had to go in and open an artery",
    "i got a stent that opened my arteries",
    "the mugger stuck a knife in my leg",
    "i ran the razor over my legs for the first time in weeks",
    "my toddler dug his nails into my hand",
    "i hate waking up at all hours with the baby",
    "every time i wake up i wish you hadnt left",
]
LOSS = [
    "My brother took his own life in October.",
    "My friend killed himself last year and I still set a place for him.",
    "I lost my mum to suicide when I was ten",
    "her husband died by suicide",
]


@pytest.mark.parametrize(("kind", "post"), [(kind, post) for kind, posts in CRISIS.items() for post in posts])
def test_crisis_posts_are_recognised_with_their_kind(kind: str, post: str) -> None:
    assert kind in crisis_kinds(Conversation(post))
    assert crisis(Conversation(post))
    assert crisis(Conversation(post.upper()))


@pytest.mark.parametrize("post", EVERYDAY)
def test_figures_of_speech_and_everyday_loss_stay_silent(post: str) -> None:
    assert not crisis(Conversation(post)), crisis_signals(post)


@pytest.mark.parametrize("post", LOSS)
def test_bereavement_by_suicide_is_marked_but_is_no_crisis_of_the_poster(post: str) -> None:
    assert crisis_kinds(Conversation(post)) == {"loss"}
    assert not crisis(Conversation(post))
    assert crisis(Conversation(post + " Now I don't want to live anymore."))


def test_seeker_turns_of_the_history_count_and_supporter_turns_do_not() -> None:
    said = "i want to die"
    assert crisis(Conversation("whatever", history=(("seeker", said), ("supporter", "I hear you."))))
    assert not crisis(Conversation("my exam went badly", history=(("supporter", "Are you thinking of killing yourself?"),)))


def test_signal_spans_point_at_the_words() -> None:
    text = "Work is ok. I don’t want to be alive anymore. Night."
    (first, *_) = crisis_signals(text)
    assert "want to be alive" in text[first.start : first.end]


@given(st.text(alphabet=st.characters(), max_size=300))
def test_any_text_is_read_without_error_and_spans_lie_inside(text: str) -> None:
    for signal in crisis_signals(text):
        assert 0 <= signal.start < signal.end <= len(text)


@given(st.sampled_from([p for posts in CRISIS.values() for p in posts]), st.text(alphabet=" \n\t.!?-*~", max_size=8))
def test_typography_around_a_crisis_sentence_does_not_hide_it(post: str, around: str) -> None:
    assert crisis(Conversation(f"{around} {post}{around}"))


def test_a_very_long_post_is_read_in_reasonable_time_and_its_signal_found() -> None:
    assert crisis(Conversation("I went to the shop and it rained. " * 300 + "i want to die. " + "and so on " * 20_000))


NEVER = (
    "promise|your family|your kids|secret between|won't tell|selfish|committed|get better|pills|gun|overdose|bridge|cheer"
    "|reason to live|at least|percent"
).split("|")


def all_vetted() -> list[dict]:
    return [json.loads(line) for line in (assets_dir() / "corpus" / "crisis.jsonl").read_text(encoding="utf-8").splitlines()]


def test_the_vetted_list_is_careful() -> None:
    rows = all_vetted()
    assert len(rows) >= 300
    assert len({row["text"] for row in rows}) == len(rows)
    for row in rows:
        text = row["text"]
        low = text.lower()
        assert set(row) - {"when"} == {"text", "mechanism", "kind", "for", "op", "place"}
        assert all(phrase == phrase.lower() and phrase.strip() for phrase in row.get("when", ["x"]))
        assert row["mechanism"] in MECHANISMS and row["op"] == "insert" and row["place"] in ("start", "end")
        assert text[0].isupper() and text[-1] in ".?" and "!" not in text and len(text.split()) <= 28
        # No methods, no guilt, no secrecy, no bargaining, no cheer, no numbers that may be wrong where the seeker lives.
        for never in NEVER:
            assert never not in low, text
        assert not any(c.isdigit() for c in text)


@pytest.mark.parametrize("post", [p for posts in CRISIS.values() for p in posts])
def test_vetted_offers_five_different_sentences_and_always_the_same(post: str) -> None:
    conversation = Conversation(post, "Hang in there.")
    offered = vetted(conversation, 5)
    known = {row["text"] for row in all_vetted()}
    assert len({v.text for v in offered}) == 5
    assert offered == vetted(conversation, 5)
    assert all(v.text in known and v.reason and v.place in ("start", "end") for v in offered)
    assert len({v.mechanism for v in offered}) >= 2
    assert any(v.text.endswith("?") for v in offered)


def test_a_sentence_about_something_said_comes_only_where_it_was_said() -> None:
    bound = {row["text"]: row["when"] for row in all_vetted() if "when" in row}
    assert len(bound) >= 100
    plain = vetted(Conversation("i want it to stop"), 12)
    assert plain and not [v.text for v in plain if v.text in bound]
    for text, phrases in bound.items():
        for phrase in phrases:
            for post in (f"i want it to stop. {phrase}", f"I WANT IT TO STOP... {phrase.replace(chr(39), chr(8217)).upper()}!"):
                assert text in {s.text for s in safety._true_for(Conversation(post))}, (text, post)
        assert text not in {s.text for s in safety._true_for(Conversation("i want it to stop"))}


def test_posts_in_different_words_open_with_different_sentences() -> None:
    """A supporter who answers all evening must not meet the same line again and again."""
    told = [
        "my week",
        "my flat",
        "my sister",
        "this town",
        "the rain",
        "my shift",
        "my course",
        "the news",
        "my knee",
        "my bike",
    ]
    ends = ["i want to die", "i dont want to be here anymore", "im thinking about killing myself", "i feel suicidal again"]
    ends += ["everyone would be better off without me", "whats the point of living"]
    posts = [f"{end}. it started with {word}." for end in ends for word in told]
    opened = Counter(vetted(Conversation(post), 4)[0].text for post in posts)
    assert len(posts) == 60 and max(opened.values()) <= 4 and len(opened) >= 35


def test_a_reason_that_names_dying_stands_on_sentences_that_do() -> None:
    naming = re.compile(r"suicid|killing yourself|ending your life|not wanting to live")
    for row in all_vetted():
        if row["kind"] == "ask_directly":
            assert naming.search(row["text"]), row["text"]


def test_vetted_asks_for_no_sentences_and_gives_none() -> None:
    assert vetted(Conversation("i want to die"), 0) == []


def test_suicidal_posts_are_asked_directly_and_shown_help() -> None:
    for post in CRISIS["suicidal"] + CRISIS["imminent"]:
        texts = " ".join(v.text for v in vetted(Conversation(post), 5)).lower()
        assert any(help_ in texts for help_ in ("crisis line", "helpline", "emergency"))
        assert "suicide" in texts or "killing yourself" in texts or "ending your life" in texts or "safe" in texts


@pytest.mark.parametrize("post", CRISIS["imminent"])
def test_immediate_danger_is_met_with_safety_and_help_first(post: str) -> None:
    reasons = [v.reason for v in vetted(Conversation(post), 2)]
    assert "safety" in reasons[0].lower() and "immediate help" in reasons[1]


def test_vetted_skips_what_the_reply_already_does() -> None:
    post = "i want to die"
    asked = vetted(Conversation(post, "Are you thinking about killing yourself? Please call 988 now."), 8)
    assert asked
    assert not any("suicide" in v.text and v.text.endswith("?") for v in asked)
    assert not any("crisis line" in v.text for v in asked)


def test_someone_let_down_by_a_helpline_is_not_simply_sent_back() -> None:
    texts = [v.text for v in vetted(Conversation("i want to die. i called the helpline and they put me on hold"), 8)]
    lines = [t for t in texts if "line" in t]
    assert all("let you down" in t for t in lines)


def test_worry_about_somebody_else_is_answered_as_such() -> None:
    offered = vetted(Conversation("My brother is suicidal and I can't sleep."), 5)
    assert {v.text for v in offered} <= {row["text"] for row in all_vetted() if row["kind"] == "other_person"}


def test_a_young_seeker_is_pointed_to_an_adult_and_an_old_one_is_not() -> None:
    young = vetted(Conversation("im 14 and i want to die"), 5)
    old = vetted(Conversation("I'm 70 and I want to die."), 30)
    assert any("adult" in v.text or "say it here" in v.text for v in young)
    assert not any("adult" in v.text for v in old)
    sober = vetted(Conversation("I'm 14 years sober and I want to die."), 30)
    assert not any("adult" in v.text for v in sober)


def test_notes_name_help_and_say_that_numbers_change() -> None:
    for needed in (
        "988",
        "116 123",
        "13 11 14",
        "1737",
        "findahelpline.com",
        "befrienders.org",
        "IASP",
        "emergency number",
        "check",
    ):
        assert needed in CRISIS_RESOURCES
    assert "emergency number" in CRISIS_NOTE


def test_a_damaged_list_is_named(tmp_path, monkeypatch) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "crisis.jsonl").write_text('{"text": "half a rec')
    monkeypatch.setenv("PARTNER_ASSETS", str(tmp_path))
    safety._sentences.cache_clear()
    try:
        with pytest.raises(ModelError, match=r"crisis\.jsonl"):
            vetted(Conversation("i want to die"), 3)
    finally:
        safety._sentences.cache_clear()
