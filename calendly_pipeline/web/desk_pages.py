"""Templates of the desk: rendered with everything escaped unless desk_text.py made it HTML."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from calendly_pipeline.web.desk_text import differences, in_words, inline, shown

TEMPLATES = Path(__file__).with_name("templates")


class Pages:
    """Renders pages."""

    def __init__(self) -> None:
        self._templates = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters |= {"shown": shown, "inline": inline, "in_words": in_words}
        self._templates.globals |= {"differences": differences, "visitor": None, "done": None}

    def show(self, template: str, status: int = 200, **told: Any) -> HTMLResponse:
        """A page, or a part of one."""
        return HTMLResponse(self._templates.get_template(template).render(**told), status)
