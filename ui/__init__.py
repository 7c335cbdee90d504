"""The page: a post and a draft reply in, suggestions to accept or reject out. Start it with `python -m ui`."""

import os

# Gradio reads these when it is imported, so they are set here, before any module of this package imports it.
# They are set, not defaulted: a page that shows people's distress sends nothing anywhere, whatever the shell says.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
# Gradio asks its own server whether it is up; a proxy set for the web must not stand between the two.
_direct = ["127.0.0.1", "localhost", os.environ.get("NO_PROXY") or os.environ.get("no_proxy")]
os.environ["NO_PROXY"] = os.environ["no_proxy"] = ",".join(filter(None, _direct))

HOST = "127.0.0.1"  # nowhere else: other computers cannot reach the page
