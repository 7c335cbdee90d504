"""The engine as the page sees it: what is asked of it, and loading it while the page is already open."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from partner import __version__
from partner.models import assets_dir
from partner.text import split
from partner.types import MECHANISMS, Conversation, Empathy, Mechanism, Result, Suggestion

log = logging.getLogger(__name__)


class Engine(Protocol):
    """What the page asks of the engine; `partner.Rewriter` is one."""

    def suggest(
        self,
        conversation: Conversation,
        n: int = 4,
        alternatives: int = 0,
        mechanisms: Sequence[Mechanism] = MECHANISMS,
        at: int | None = None,
        tell: Callable[[Suggestion], None] | None = None,
    ) -> Result:
        """Up to `n` edits of `conversation.reply` (at sentence `at`), each with up to `alternatives` other wordings.

        Each is handed to `tell` as soon as it is certain.
        """

    def score(self, conversation: Conversation) -> Empathy:
        """EPITOME of `conversation.reply`."""

    def crisis(self, conversation: Conversation) -> bool:
        """Whether the post shows signs of suicide or self-harm."""


class BackgroundEngine:
    """An `Engine` that loads in a thread; its methods wait until it is there.

    Loading starts at once, so that the page opens while the weights are still being read. Where loading failed, the
    next call tries again: a person who restores a missing file need not restart the page.

    Args:
        load: makes the engine; may raise `ModelError`, which then reaches whoever asks for suggestions.
    """

    def __init__(self, load: Callable[[], Engine]) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self.error: Exception | None = None
        threading.Thread(target=self._try, name="load-model", daemon=True).start()

    @property
    def ready(self) -> bool:
        """Whether the engine is loaded."""
        return self._engine is not None

    def _try(self) -> None:
        try:
            self._get()
        except Exception as error:
            log.warning("the model could not be loaded: %s", error)

    def _get(self) -> Engine:
        with self._lock:
            if self._engine is None:
                try:
                    engine = self._load()
                    split("The first call loads spaCy, which takes longer than a call.")
                    self._engine, self.error = engine, None
                except Exception as error:
                    self.error = error
                    raise
            return self._engine

    def suggest(self, conversation: Conversation, **how: Any) -> Result:
        """As the engine's, once it is loaded; raises what loading raised."""
        return self._get().suggest(conversation, **how)

    def score(self, conversation: Conversation) -> Empathy:
        """As the engine's, once it is loaded; raises what loading raised."""
        return self._get().score(conversation)

    def crisis(self, conversation: Conversation) -> bool:
        """As the engine's, once it is loaded; raises what loading raised."""
        return self._get().crisis(conversation)


def model_version(checkpoint: str | None = None) -> str:
    """The program's version and the weights' fingerprint, for the feedback that they get.

    The fingerprint is the start of the SHA-256 of `assets/SHA256SUMS`, which lists the checksum of every weight file.
    """
    listing = assets_dir() / "SHA256SUMS"
    weights = hashlib.sha256(listing.read_bytes()).hexdigest()[:12] if listing.is_file() else "none"
    return f"partner {__version__}, weights {weights}" + (f", policy {checkpoint}" if checkpoint else "")
