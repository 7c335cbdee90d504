"""`python -m training`: one subcommand per step, from data to shipped weights."""

from __future__ import annotations

import argparse
import importlib
import sys

from partner.models import ModelError
from training.data.records import DataError

# Each module has `add_arguments(parser)` and `run(args) -> exit status`; only the one asked for is imported.
COMMANDS = {
    "prepare": ("training.prepare", "pack the inputs of a release into one small folder"),
    "backbone": ("training.backbone", "prepare the language model the policy starts from"),
    "teacher-text": ("training.teacher_text", "let the teacher write sentences for many posts, as text for the student"),
    "pretrain": ("training.pretrain", "train a small GPT-2 with its own tokenizer on dialogue and prose"),
    "warm-start": ("training.warm_start", "train the policy on authored edits and on EPITOME replies with sentences taken out"),
    "scorer": ("training.scorer", "train the EPITOME empathy scorer"),
    "quality": ("training.quality", "train the quality and coherence classifier"),
    "embedder": ("training.embedder", "export the retrieval embedder and index the corpus"),
    "classifiers": ("training.classifiers", "train the emotion and intent classifiers of the evaluation"),
    "reward-model": ("training.reward_model", "train a reward model on pairwise human ratings of replies"),
    "chat": ("training.chat", "talk with a checkpoint, or let two talk with each other"),
    "distress": ("training.distress", "train the classifier that tells posts without distress"),
    "mood": ("training.mood", "train the policy's reader of moods: is a post sad, glad, both or neither"),
    "danger": ("training.danger", "train the policy's reader of danger: signs of suicide that no rule has words for"),
    "tone": ("training.tone", "train the policy's reader of drafts: which sentences may hurt"),
    "crisis-classifier": ("training.crisis_classifier", "train the classifier that helps the rules to recognise crisis posts"),
    "crisis-check": ("training.crisis_check", "measure crisis detection and candidate guards"),
    "rl": ("training.rl", "train the policy by reinforcement: REINFORCE or PPO, rewards by name and weight"),
    "gail": ("training.gail", "learn to answer as people do, from a discriminator (EmpathyGAIL)"),
    "replies": ("training.replies", "measure what dialogue checkpoints answer, by turns: perplexity, BLEU, EPITOME levels met"),
    "benchmark": ("training.benchmark", "measure rewrites a second in reinforcement learning beside the published loop"),
    "offline": ("training.offline", "learn from a fixed log of feedback or conversations, without generating"),
    "offline-language": ("training.offline_language", "compare the offline learners on a language of known reward"),
    "offline-rater": ("training.offline_rater", "learn from a simulated rater's accepts and rejects, and measure acceptance"),
    "implicit-rewards": ("training.implicit_rewards", "add reward columns to a CSV of conversations"),
    "judge": ("training.judge", "train the policy's judge of candidates on what readers said of them"),
    "ranking": ("training.ranking", "fit the ranking of suggestions to what readers said of them"),
    "release": ("training.release", "from data to weights: all steps of a release, one after the other"),
    "ship": ("training.ship", "copy a trained policy into assets/ in 8 bits and write the checksums"),
}
EXAMPLES = """examples:
  python -m training backbone --out runs/backbone
  python -m training warm-start --backbone runs/backbone --out runs/warm-start
  python -m training scorer --out runs/scorer
  python -m training rl --reward empathy=1 trust=3 quality=2 guards=2 --out runs/rl
  python -m training ship runs/warm-start
"""


def main(argv: list[str] | None = None) -> int:
    argv = sys.argv[1:] if argv is None else argv
    parser = argparse.ArgumentParser(
        prog="python -m training", description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    chosen = next((word for word in argv if word in COMMANDS), None)
    for name, (module, text) in COMMANDS.items():
        sub = commands.add_parser(name, help=text, description=text, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
        if name == chosen:
            importlib.import_module(module).add_arguments(sub)
    args = parser.parse_args(argv)
    try:
        return importlib.import_module(COMMANDS[args.command][0]).run(args)
    except (DataError, ModelError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nstopped; what was saved stays, and the same command resumes where the step supports it", file=sys.stderr)
        return 130


if __name__ == "__main__":
    raise SystemExit(main())
