"""Measures of texts: variety, repetition, likelihood, and likeness to a reference.

Plain functions over strings, numbers and vectors; no model is involved. Figures over many pairs that are no means (BLEU,
NIST, perplexity) come in two parts: what to count for each pair, and the figure from the sums of the counts, so that a
stream of any length needs one pass and its resamples need no second one.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")


def words(text: str) -> list[str]:
    """The words of a text in lower case; digits and punctuation are dropped, `don't` stays one word.

    >>> words("I'm so sorry: 3 nights!")
    ["i'm", 'so', 'sorry', 'nights']
    """
    return _WORD.findall(text.replace("\u2019", "'").lower())


def distinct_n(texts: Sequence[str], n: int = 2) -> float:
    """Share of different word n-grams among all n-grams of the texts, 0 to 1 (Li et al., NAACL 2016, distinct-n).

    n-grams do not cross from one text into the next. Texts with fewer than `n` words have none; without any n-gram
    the result is 0.

    Raises:
        ValueError: `n` is below 1.
    """
    if n < 1:
        raise ValueError(f"n must be 1 or more, got {n}")
    grams: Counter[tuple[str, ...]] = Counter()
    for text in texts:
        grams.update(_ngrams(words(text), n))
    return len(grams) / grams.total() if grams else 0.0


def distinct_without_each(texts: Sequence[str], n: int = 2) -> tuple[float, np.ndarray]:
    """`distinct_n` of the texts, and of the texts with each one left out, in one pass.

    Returns:
        the figure, and `(len(texts),)` values for the jackknife.
    """
    each = [_ngrams(words(text), n) for text in texts]
    counts: Counter[tuple[str, ...]] = Counter()
    for grams in each:
        counts.update(grams)
    different, total = len(counts), counts.total()
    without = np.zeros(len(texts))
    for i, grams in enumerate(each):
        rest = total - grams.total()
        alone = sum(counts[gram] == count for gram, count in grams.items())  # n-grams that only this text has
        without[i] = (different - alone) / rest if rest else 0.0
    return different / total if total else 0.0, without


def self_repetition(texts: Sequence[str], n: int = 4) -> list[float | None]:
    """For each text the share of its n-grams that some other of the texts has too; None where it has no n-gram.

    After the self-repetition of Salkar et al. (AACL 2022), which counts n-grams of four words or more that a system uses
    in several outputs; as a share it does not grow with the length of the texts.
    """
    each = [_ngrams(words(text), n) for text in texts]
    texts_with: Counter[tuple[str, ...]] = Counter()
    for grams in each:
        texts_with.update(grams.keys())
    return [
        sum(count for gram, count in grams.items() if texts_with[gram] > 1) / grams.total() if grams else None for grams in each
    ]


def _ngrams(tokens: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))


def repeats(sentences: Sequence[str]) -> tuple[str, int]:
    """The most frequent sentence and how often it occurs; `("", 0)` for no sentences.

    Sentences that differ only in case, spacing, digits or punctuation are the same; the first spelling is returned.
    """
    first: dict[tuple[str, ...], str] = {}
    counts: Counter[tuple[str, ...]] = Counter()
    for sentence in sentences:
        key = tuple(words(sentence))
        first.setdefault(key, sentence)
        counts[key] += 1
    if not counts:
        return "", 0
    key, count = counts.most_common(1)[0]
    return first[key], count


def perplexity(log_likelihood: np.ndarray | float, tokens: np.ndarray | float) -> np.ndarray | float:
    """exp(-sum of log p(token) / number of tokens), over all texts together; natural logarithms.

    PARTNER's figure is the exponential of the mean over texts of each text's mean, which lets short texts count more.
    """
    return np.exp(-np.asarray(log_likelihood) / tokens)


def mutual_information(with_post: float, alone: float, tokens: int) -> float:
    """Specificity: (log p(text | post) - log p(text)) / tokens, nats a token (Li et al., NAACL 2016; PARTNER's r_m)."""
    return (with_post - alone) / tokens


# The rules of sacreBLEU's tokenizer "13a" (mteval-v13a of NIST), for English.
_TOKENS = (
    (re.compile(r"([\{-\~\[-\` -\&\(-\+\:-\@\/])"), r" \1 "),
    (re.compile(r"([^0-9])([\.,])"), r"\1 \2 "),
    (re.compile(r"([\.,])([^0-9])"), r" \1 \2"),
    (re.compile(r"([0-9])(-)"), r"\1 \2 "),
)


def tokens_13a(text: str, lower: bool = True) -> list[str]:
    """Words and punctuation as sacreBLEU's tokenizer `13a` splits them, in lower case by default.

    >>> tokens_13a("I'm sorry, it's 3.5 miles.")
    ["i'm", 'sorry', ',', "it's", '3.5', 'miles', '.']
    """
    text = text.replace("<skipped>", "").replace("-\n", "").replace("\n", " ")
    if "&" in text:
        text = text.replace("&quot;", '"').replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")
    text = f" {text} "
    for pattern, replacement in _TOKENS:
        text = pattern.sub(replacement, text)
    return (text.lower() if lower else text).split()


BLEU_COUNTS = 10


def bleu_counts(output: str, reference: str) -> list[float]:
    """What BLEU needs of one pair: matched n-grams of 1 to 4 words, all of the output's, and both lengths (10 numbers).

    A match is clipped to how often the reference has the n-gram (Papineni et al., ACL 2002).
    """
    out, ref = tokens_13a(output), tokens_13a(reference)
    matched, total = [], []
    for n in range(1, 5):
        grams = _ngrams(out, n)
        matched.append(float((grams & _ngrams(ref, n)).total()))
        total.append(float(grams.total()))
    return [*matched, *total, float(len(out)), float(len(ref))]


def bleu(counts: np.ndarray, n: int = 4) -> np.ndarray:
    """Corpus BLEU-n, 0 to 100, from summed `bleu_counts`; no smoothing, as in Papineni et al. (ACL 2002).

    Args:
        counts: `(..., 10)` sums over pairs.
        n: longest n-gram; all lengths up to it weigh the same.

    Returns:
        `(...)`; 0 where some length has no match, nan where the output has no n-gram of some length.
    """
    counts = np.asarray(counts, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = counts[..., :n] / counts[..., 4 : 4 + n]
        out, ref = counts[..., 8], counts[..., 9]
        brevity = np.where(out >= ref, 1.0, np.exp(1 - ref / out))
        return 100 * brevity * np.exp(np.log(precision).mean(-1))


NIST_COUNTS = 12


class NistInformation:
    """Information of n-grams: log2 of how often their first n-1 words occur over how often they do, in the references.

    Doddington (HLT 2002): a matched rare n-gram tells more than a common one.

    Args:
        references: all references.
        n: longest n-gram.
    """

    def __init__(self, references: Iterable[str], n: int = 5) -> None:
        self.n, self.counts, self.total = n, Counter(), 0
        for reference in references:
            ref = tokens_13a(reference)
            self.total += len(ref)
            for k in range(1, n + 1):
                self.counts.update(_ngrams(ref, k))

    def __call__(self, gram: tuple[str, ...]) -> float:
        """Bits; 0 for an n-gram that no reference has."""
        if gram not in self.counts:
            return 0.0
        return math.log2((self.counts[gram[:-1]] if len(gram) > 1 else self.total) / self.counts[gram])


def nist_counts(output: str, reference: str, information: NistInformation) -> list[float]:
    """What NIST needs of one pair: information of the matched n-grams of 1 to 5 words, the number of all, both lengths."""
    out, ref = tokens_13a(output), tokens_13a(reference)
    found, total = [], []
    for n in range(1, 6):
        grams = _ngrams(out, n)
        found.append(sum(information(g) * c for g, c in (grams & _ngrams(ref, n)).items()))
        total.append(float(grams.total()))
    return [*found, *total, float(len(out)), float(len(ref))]


def nist(counts: np.ndarray, n: int = 5) -> np.ndarray:
    """NIST score from summed `nist_counts` (Doddington 2002): information a n-gram, summed over lengths, times brevity.

    The brevity factor is exp(b * log(min(1, r))^2) with r the ratio of the lengths, and b such that it is 0.5 at r = 2/3.
    """
    counts = np.asarray(counts, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        score = np.nan_to_num(counts[..., :n] / counts[..., 5 : 5 + n]).sum(-1)
        ratio = np.minimum(1.0, counts[..., 10] / counts[..., 11])
        return score * np.exp(math.log(0.5) / math.log(1.5) ** 2 * np.log(ratio) ** 2)


def embedding_similarities(output: np.ndarray, reference: np.ndarray) -> tuple[float, float, float] | None:
    """Average, extrema and greedy similarity of two texts by their word vectors (Liu et al., EMNLP 2016, section 3.2).

    - average: cosine of the mean vectors;
    - extrema: cosine of the vectors that hold, in each dimension, the value farthest from zero;
    - greedy: each word's largest cosine with a word of the other text, averaged, in both directions.

    Args:
        output: `(words, d)` vectors of the output's words.
        reference: `(words, d)` of the reference's.

    Returns:
        None where a text has no word.
    """
    if not len(output) or not len(reference):
        return None

    def unit(x: np.ndarray) -> np.ndarray:
        return x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-12)

    def extrema(x: np.ndarray) -> np.ndarray:
        return x[np.abs(x).argmax(0), np.arange(x.shape[1])]

    average = float(unit(output.mean(0)) @ unit(reference.mean(0)))
    extreme = float(unit(extrema(output)) @ unit(extrema(reference)))
    cosines = unit(output) @ unit(reference).T
    return average, extreme, float(cosines.max(1).mean() + cosines.max(0).mean()) / 2
