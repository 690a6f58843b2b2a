"""docs/reliability.md shows what `make faults` prints: every row is one that a test adds, and every test's is there."""

import ast
import re
from pathlib import Path

from calendly_pipeline.home import REPOSITORY

PAGE = (REPOSITORY / "docs" / "reliability.md").read_text(encoding="utf-8")
TESTS = Path(__file__).parent


def shown() -> dict[str, list[str]]:
    """Rows of the page: fault -> tried, lost, doubled and how it shows itself."""
    rows = [line.strip("| ").split(" | ") for line in PAGE.splitlines() if line.startswith("| ")]
    return {row[0]: row[1:] for row in rows if row[0] != "fault"}


def added() -> list[str]:
    """What tests give to `fault_table.add` as the fault, as patterns: a place for a value matches anything."""
    found = []
    for path in sorted(TESTS.rglob("test_*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "fault_table.add":
                found.append(_pattern(call.args[0]))
    return found


def _pattern(said: ast.expr) -> str:
    if isinstance(said, ast.Constant):
        return re.escape(str(said.value))
    assert isinstance(said, ast.JoinedStr), "the fault is written where it is added"
    return "".join(re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".+" for part in said.values)


def test_every_row_is_a_tests_and_every_test_has_one() -> None:
    """No row is written by hand, and no fault that is tried is kept from the page."""
    patterns = added()
    assert len(patterns) > 10
    assert [fault for fault in shown() if not any(re.fullmatch(pattern, fault) for pattern in patterns)] == []
    assert [pattern for pattern in patterns if not any(re.fullmatch(pattern, fault) for fault in shown())] == []


def test_all_zeros() -> None:
    """Each fault was tried, and lost and doubled nothing."""
    assert {fault: row[1:3] for fault, row in shown().items() if row[1:3] != ["0", "0"]} == {}
    assert [fault for fault, row in shown().items() if int(row[0].replace(",", "")) < 1] == []
