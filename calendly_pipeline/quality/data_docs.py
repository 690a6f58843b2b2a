"""Data Docs: what was expected of every table and how its last check went, as pages without a server or a script.

What belongs here: where the pages lie and how they look. What does not: what is expected, and its check.

Great Expectations renders the results; the page around them is ours, because its own loads scripts, fonts and a logo
from eight other servers, the logo with an id of the installation, and takes half a second a table.
"""

import json
import re
import shutil
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader

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
        shutil.copyfile(TEMPLATES / "docs.css", self.folder / "docs.css")
        shown = _view().render(ValidationResultsPageRenderer().render(result), show_how_to_buttons=False)
        self.page(name).write_text(_HEADING.sub(r"\1h2", _SUITE_LINK.sub(r"\1", shown)), encoding="utf-8")
        self._tell(name, len(result.results) - len(missed), missed, as_of)

    def _tell(self, name: str, met: int, missed: Sequence[str], as_of: datetime) -> None:
        results = self.folder / "results.json"
        told = json.loads(results.read_text(encoding="utf-8")) if results.exists() else {}
        told[name] = {"met": met, "missed": list(missed), "as_of": f"{as_of:%Y-%m-%d %H:%M} UTC"}
        results.write_text(json.dumps(told, indent=1, sort_keys=True), encoding="utf-8")
        page = _pages().get_template("index.html").render(suites=sorted(told.items()))
        self.index.write_text(page, encoding="utf-8")


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
