"""Partner: sentence-level edits that make a peer supporter's reply more empathic.

from partner import Conversation, Rewriter
Rewriter().suggest(Conversation(post="...", reply="..."))
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

# Before torch is imported: by default its threads spin while they wait, which beside other work makes a call ten times
# slower; never to spin costs a third on an idle machine. A short spin costs neither.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "30000")

from partner.types import Conversation, Edit, Suggestion

if TYPE_CHECKING:
    from partner.rewriter import Rewriter

__all__ = ["Conversation", "Edit", "Rewriter", "Suggestion"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    # Rewriter pulls in torch and the models; loading it on first use keeps `partner.text` and `--help` instant.
    if name == "Rewriter":
        from partner.rewriter import Rewriter

        return Rewriter
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
