"""A .sql file: one statement with its header.

The header comment is its documentation: sentences, then `key: value` lines (KEYS). What belongs here: reading both.
What does not: what becomes of it (models.py), and what a model's rows depend on (dependence.py).
"""

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from calendly_pipeline.warehouse import STAGES

KEYS = (
    "grain",
    "time zone",
    "source of truth",
    "changes with",
    "through",
    "compared",
    "stored",
    "asset",
    "severity",
    "blocking",
)
_COMMENT = re.compile(r"--[^\n]*")
_FINAL_SELECT = re.compile(r"^select\b.*?(?=^from |\Z)", re.MULTILINE | re.DOTALL)
_DOCUMENTED = re.compile(r"([a-z_0-9]+),? +-- (.*)$", re.MULTILINE)
_READ = re.compile(rf"(?<!distinct )\b(?:from|join)\s+((?:{'|'.join(STAGES)})\.[a-z_]+)\b")


@dataclass(frozen=True)
class SqlFile:
    """One statement with its header."""

    path: Path
    stage: str
    text: str

    @property
    def name(self) -> str:
        """File name without ending: the table's or the check's name."""
        return self.path.stem

    @property
    def table(self) -> str:
        """`stage.table`."""
        return f"{self.stage}.{self.name}"

    @cached_property
    def header(self) -> list[str]:
        """Comment lines before the statement."""
        lines = []
        for line in self.text.splitlines():
            if not line.startswith("--"):
                break
            lines.append(line.removeprefix("--").strip())
        return lines

    @cached_property
    def keys(self) -> dict[str, str]:
        """The header's `key: value` lines."""
        pairs = (line.split(":", 1) for line in self.header if ":" in line)
        return {key.strip().lower(): value.strip() for key, value in pairs if key.strip().lower() in KEYS}

    @property
    def grain(self) -> list[str]:
        """Columns that together are never null and never occur twice."""
        return [column.strip() for column in self.keys.get("grain", "").split(",") if column.strip()]

    @property
    def is_view(self) -> bool:
        """Whether it is computed whenever it is read."""
        return self.keys.get("stored", "").startswith("no")

    @property
    def description(self) -> str:
        """The header as it reads in the UI: sentences, then what is said by key."""
        shown = ("grain", "time zone", "source of truth")
        lines = [line for line in self.header if line.split(":", 1)[0].strip().lower() not in KEYS]
        keys = [f"- {key}: {self.keys[key]}" for key in shown if key in self.keys]
        return "\n\n".join(text for text in (" ".join(lines), "\n".join(keys)) if text)

    @cached_property
    def reads(self) -> list[str]:
        """Every `stage.table` the query reads, sorted."""
        return tables_read(self.text)

    @cached_property
    def column_docs(self) -> dict[str, str]:
        """Column -> the comment behind it in the final select, for the columns that have one.

        Read from the text, as `tables_read` is and for the same reason; a test holds it against sqlglot.
        """
        final = _FINAL_SELECT.search(self.text)
        return dict(_DOCUMENTED.findall(final[0])) if final else {}

    @property
    def version(self) -> str:
        """Changes exactly when the text does."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:12]


def tables_read(query: str) -> list[str]:
    """Every `stage.table` a query reads, sorted.

    Read from the text, because parsing all models takes longer than loading Dagster; a test holds it against sqlglot.
    """
    return sorted(set(_READ.findall(_COMMENT.sub("", query))))


def sql_files(folder: Path, stage: str) -> list[SqlFile]:
    """Every .sql file of a folder, by name."""
    return [SqlFile(path, stage, path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.sql"))]
