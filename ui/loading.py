"""Loading the model while the page is already open."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Protocol

from partner.types import Conversation, Empathy, Result

log = logging.getLogger(__name__)


class Engine(Protocol):
    """What the page asks of the engine; `partner.Rewriter` is one."""

    def suggest(self, conversation: Conversation, n: int = 4) -> Result:
        """Up to `n` edits of `conversation.reply`."""

    def draft(self, conversation: Conversation, n: int = 4) -> Result:
        """Up to `n` sentences for an empty reply."""

    def score(self, conversation: Conversation) -> Empathy:
        """EPITOME of `conversation.reply`."""


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
                    self._engine = self._load()
                    self.error = None
                except Exception as error:
                    self.error = error
                    raise
            return self._engine

    def suggest(self, conversation: Conversation, n: int = 4) -> Result:
        """As the engine's, once it is loaded; raises what loading raised."""
        return self._get().suggest(conversation, n=n)

    def draft(self, conversation: Conversation, n: int = 4) -> Result:
        """As the engine's, once it is loaded; raises what loading raised."""
        return self._get().draft(conversation, n=n)

    def score(self, conversation: Conversation) -> Empathy:
        """As the engine's, once it is loaded; raises what loading raised."""
        return self._get().score(conversation)
