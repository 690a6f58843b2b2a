"""One trouble, or the lack of one: what `doctor` prints, what checks show in the UI, and what alerts tell."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """A finding with its remedy in the text.

    The text of a finding with a cause may leave the house in an alert: counts, days, tools and kinds of files, never a
    person's name or address.
    """

    level: Literal["ok", "warning", "error"]
    subject: str
    text: str
    cause: str = ""
    """Durable key of what is wrong, under which it is told once; blank: nobody is alerted."""
    asset: str = ""
    """`stage.table` whose check shows it."""
    grace: timedelta = timedelta(0)
    """It may last so long before anybody is told."""
    is_consequence: bool = False
    """Another finding explains it: it keeps an alert open, and opens none."""
