"""One line of what `calendly-pipeline doctor` reports."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """A finding with its remedy in the text."""

    level: Literal["ok", "warning", "error"]
    subject: str
    text: str
