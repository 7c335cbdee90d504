"""HAILEY's answer format (Sharma et al., Nature Machine Intelligence 2023), so that its pages work against this server.

HAILEY's demo page posts `{"SP": post, "RP": reply}` to `/api/rewriting` and walks through `op` in order: the reply as it
would read with every change made, one entry a sentence.
"""

from __future__ import annotations

from collections.abc import Sequence

from partner.text import split
from partner.types import Edit


def operations(reply: str, edits: Sequence[Edit]) -> list[dict[str, str]]:
    """The reply and its edits, one entry a sentence, in the order of the rewritten reply.

    `<NOOP>` keeps a sentence (`sentence` and `old_sentence` are the same), `<REPLACE>` puts `sentence` in the place of
    `old_sentence`, `<INSERT>` adds `sentence` (`old_sentence` is empty). The format knows no deletion; a sentence that
    Partner would remove is kept.

    >>> [op["operation"] for op in operations("Cheer up.", [Edit("insert", 0, "I'm sorry.")])]
    ['<INSERT>', '<NOOP>']
    """
    sentences = split(reply).sentences
    replaced = {edit.at: edit.text.strip() for edit in edits if edit.op == "replace"}
    ops: list[dict[str, str]] = []
    for at in range(len(sentences) + 1):
        ops += [_op("<INSERT>", edit.text.strip(), "") for edit in edits if edit.op == "insert" and edit.at == at]
        if at < len(sentences):
            old = sentences[at]
            ops.append(_op("<REPLACE>", replaced[at], old) if at in replaced else _op("<NOOP>", old, old))
    return ops


def _op(operation: str, sentence: str, old: str) -> dict[str, str]:
    return {"operation": operation, "sentence": sentence, "old_sentence": old}
