"""Data Docs behind the desk's sign-in: pages that a run wrote, handed out as they are.

What belongs here: which file a name means. What does not: who may see it (`desk.py`), and what it says (`quality/`).
"""

import re
from pathlib import Path

from starlette.responses import Response

_NAME = re.compile(r"[a-z_]+(?:\.[a-z_]+)*\.(?:html|css)")
_KINDS = {".html": "text/html", ".css": "text/css"}


def quality_page(folder: Path, name: str) -> Response:
    """The page of that name, the first one for ''; 404 for any other file."""
    path = folder / (name or "index.html")
    if not _NAME.fullmatch(path.name) or path.parent != folder or not path.is_file():
        words = "There is no such page; a run writes them." if folder.exists() else "No run has written them yet."
        return Response(words, 404, media_type="text/plain")
    return Response(path.read_bytes(), media_type=_KINDS[path.suffix])
