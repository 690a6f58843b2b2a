"""Data Docs: what was expected of every table and how its last check went, as pages without a server or a script.

What belongs here: where the pages lie and how they look. What does not: what is expected, and its check.

Great Expectations renders the results; the page around them is ours, because its own loads scripts, fonts and a logo
from eight other servers, the logo with an id of the installation, and takes half a second a table.
"""

import json
import re
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader

from calendly_pipeline.disk import write_durably

_SUITE_LINK = re.compile(r'<a href="[^"]*/expectations/[^"]*"\s*>(.*?)</a>', re.DOTALL)
"""To a page of the suite alone, which is not written: a result says what was expected."""

_HEADING = re.compile(r"(</?)h[3-6]\b")
"""Great Expectations chooses levels by their size; below our title all are of the second."""

TEMPLATES = Path(__file__).with_name("templates")


class DataDocs:
    """The pages of one firm in one folder: an index, and a page for the last result of every batch."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def index(self) -> Path:
        """The first page."""
        return self.folder / "index.html"

    def page(self, name: str) -> Path:
        """The page of a batch, `stage.table.batch`; the next result replaces it."""
        return self.folder / f"{name}.html"

    def write(self, name: str, result: Any, missed: Sequence[str], as_of: datetime) -> None:
        """Replace a batch's page by that of `result`, and tell it in the index."""
        from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer

        self.folder.mkdir(parents=True, exist_ok=True)
        self._put(self.folder / "docs.css", (TEMPLATES / "docs.css").read_text(encoding="utf-8"))
        shown = _view().render(ValidationResultsPageRenderer().render(result), show_how_to_buttons=False)
        self._put(self.page(name), _HEADING.sub(r"\1h2", _SUITE_LINK.sub(r"\1", shown)))
        self._tell(name, len(result.results) - len(missed), missed, as_of)

    def _tell(self, name: str, met: int, missed: Sequence[str], as_of: datetime) -> None:
        told = self._told()
        told[name] = {"met": met, "missed": list(missed), "as_of": f"{as_of:%Y-%m-%d %H:%M} UTC"}
        self._put(self._results, json.dumps(told, indent=1, sort_keys=True))
        self._put(self.index, _pages().get_template("index.html").render(suites=sorted(told.items())))

    @property
    def _results(self) -> Path:
        return self.folder / "results.json"

    def _told(self) -> dict[str, Any]:
        """What the index shows. A file that 0.3 left half written counts as none: a refresh tells every batch anew."""
        try:
            return json.loads(self._results.read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            return {}

    def _put(self, path: Path, text: str) -> None:
        """Whole or not at all: a run may be killed, and the desk shows the pages meanwhile."""
        write_durably(path, text.encode())


@cache
def _pages() -> Environment:
    return Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)


@cache
def _view() -> Any:
    """Great Expectations' page view, our templates first; one for all pages, since it compiles each template anew."""
    from great_expectations.render.view.view import DefaultJinjaPageView

    view = DefaultJinjaPageView()
    theirs = [view.env.loader] if view.env.loader else []
    view.env.loader = ChoiceLoader([FileSystemLoader(TEMPLATES), *theirs])
    return view
