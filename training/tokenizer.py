"""The student's own tokenizer: byte-level BPE (Sennrich et al., ACL 2016; Radford et al., 2019), trained on its texts.

GPT-2's vocabulary of 50,257 would be half of a small model's weights. Eight to sixteen thousand merges learned on
supportive conversation cut it into nearly as few tokens, and bytes below them leave no text out.
"""

from __future__ import annotations

from collections.abc import Iterable

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from partner.prompt import CONTROL_TOKENS

END_OF_TEXT = "<|endoftext|>"
"""Stands after every document, as in GPT-2."""


def train_tokenizer(texts: Iterable[str], vocabulary: int, progress: bool = True) -> PreTrainedTokenizerFast:
    """Learn a byte-level BPE with the policy's control tokens.

    Args:
        texts: what the merges are counted on.
        vocabulary: size with the 256 bytes, the control tokens and the end of text; never exceeded, and not reached
            where the texts hold too few words.
        progress: show a bar.
    """
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer, bpe.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    special = [END_OF_TEXT, *CONTROL_TOKENS]
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=special,
        min_frequency=2,
        show_progress=progress,
    )
    # As `Layout.text` writes them: a space before every word, no line breaks.
    bpe.train_from_iterator((" " + " ".join(text.split()) for text in texts), trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        bos_token=END_OF_TEXT,
        eos_token=END_OF_TEXT,
        pad_token=END_OF_TEXT,
        additional_special_tokens=list(CONTROL_TOKENS),
    )
