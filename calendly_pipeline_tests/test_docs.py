"""What the documents name exists, and what exists is named."""

import re

import pytest

from calendly_pipeline.cli import commands
from calendly_pipeline.home import REPOSITORY
from calendly_pipeline.settings_file import known_keys
from calendly_pipeline.warehouse import STAGES
from calendly_pipeline_tests.conftest import PACKAGE, Tables

DOCUMENTS = [
    path
    for pattern in ("*.md", "docs/*.md", "data/README.md", "calendly_pipeline/*/README.md")
    for path in sorted(REPOSITORY.glob(pattern))
]
OPERATIONS = (REPOSITORY / "docs" / "operations.md").read_text(encoding="utf-8")


def everything() -> str:
    """All documents in one text."""
    return "\n".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)


def test_every_command_is_documented_and_no_other() -> None:
    """The operations page names every command of the console script; no document names one that is not there."""
    named = set(re.findall(r"`?calendly-pipeline ([a-z-]+)", everything()))
    assert set(commands.commands) <= set(re.findall(r"`calendly-pipeline ([a-z-]+)", OPERATIONS))
    assert named <= set(commands.commands)


def test_every_variable_is_documented_and_no_other() -> None:
    """Every variable the code reads stands in .env.example and in the operations page, and no other does."""
    source = "".join(path.read_text(encoding="utf-8") for path in sorted(PACKAGE.rglob("*.py")))
    read = set(re.findall(r'"((?:PIPELINE|CALENDLY|CAL_COM|LACRM|DESK|ALERT)_[A-Z_]+)"', source))
    example = (REPOSITORY / ".env.example").read_text(encoding="utf-8")
    assert set(re.findall(r"^#([A-Z_]+)=", example, re.MULTILINE)) == read
    assert set(re.findall(r"`((?:PIPELINE|CALENDLY|CAL_COM|LACRM|DESK|ALERT)_[A-Z_]+)`", OPERATIONS)) == read


def test_every_target_of_the_makefile_exists() -> None:
    """Every `make` target the documents name is there, and run, test and ui are named in the README."""
    targets = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", everything(), re.MULTILINE))
    assert named <= targets
    assert {"run", "test", "ui"} <= named


@pytest.mark.parametrize("stage", STAGES)
def test_every_table_is_documented_beside_its_code(tables: Tables, stage: str) -> None:
    """A stage's README names every table of its schema; no document names a table that is not there."""
    there = {
        row["name"]
        for row in tables.rows(
            f"select schema_name || '.' || table_name as name from duckdb_tables() where schema_name = '{stage}'"
        )
    }
    text = (PACKAGE / stage / "README.md").read_text(encoding="utf-8")
    named_here = set(re.findall(r"`([a-z_.]+)`", text))
    assert [table for table in sorted(there) if not {table, table.split(".")[1]} & named_here] == []
    named = set(re.findall(rf"`({stage}\.[a-z_]+)`", everything()))
    settings = set(known_keys())
    assert named - there - settings == set()


def test_every_metric_is_documented(tables: Tables) -> None:
    """The metrics README defines every column of a card."""
    text = (PACKAGE / "metrics" / "README.md").read_text(encoding="utf-8")
    columns = [row["column_name"] for row in tables.rows("describe metrics.contact_metrics")]
    assert [name for name in columns if name not in text] == []


def test_links_lead_somewhere() -> None:
    """Every relative link and picture of every document exists."""
    broken = [
        f"{path.name}: {target}"
        for path in DOCUMENTS
        for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8"))
        if not (path.parent / target).exists()
    ]
    assert broken == []


def test_no_document_names_this_workplace() -> None:
    """No document holds an absolute path of a machine."""
    assert re.findall(r"(?<![\w.])/(?:work|tmp|root|home)/[a-z.]+", everything()) == []
