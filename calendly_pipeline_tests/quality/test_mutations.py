"""One run checks enough to notice that one thing broke: each mutation is caught by a check that names itself."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from calendly_pipeline.home import REPOSITORY
from calendly_pipeline_tests.conftest import all_models
from calendly_pipeline_tests.quality.mutants import Judge, Mutation, Outcome, all_checks
from calendly_pipeline_tests.quality.mutations import MUTATIONS
from calendly_pipeline_tests.quality.sample_world import World

CAUGHT_SHARE = 0.95
OUTPUT = REPOSITORY / "benchmarks" / "out" / "mutations.md"
SHORT = (
    "rejected rows of Calendly not listed",
    "cancelled before rescheduled",
    "duplicates count",
    "the exact address finds nobody",
    "a year is fifty weeks",
    "next and last meeting changed places on the card",
)
TESTS = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The sample firm, unbroken."""
    return World(tmp_path_factory.mktemp("world"))


def mutation(name: str) -> Mutation:
    """The mutation of that name."""
    (found,) = [each for each in MUTATIONS if each.name == name]
    return found


def test_a_few_mutations_are_caught_by_queries(world: World, tmp_path: Path) -> None:
    """The short form: one broken model of every stage, noticed by SQL checks alone."""
    judge = Judge(world, tmp_path, with_expectations=False)
    outcomes = [judge.outcome(mutation(name)) for name in SHORT]
    assert {outcome.mutation.name: outcome.caught_by for outcome in outcomes if not outcome.caught_by} == {}


def test_mutations_are_what_they_say() -> None:
    """There are more than 40, each of another name, each of a text its model holds or a table Python loads."""
    models = {model.table: model.text for model in all_models()}
    assert len({each.name for each in MUTATIONS}) == len(MUTATIONS) > 40
    for each in MUTATIONS:
        assert bool(each.before) == (each.target in models), each.name
        assert each.before in models.get(each.target, ""), each.name
        assert each.before != each.after, each.name


@pytest.mark.faults
@pytest.mark.timeout(3600)
def test_mutations_are_caught(world: World, tmp_path: Path) -> None:
    """Every mutation changes a table; nineteen of twenty are caught; no check file is there that nothing ever fails."""
    judge = Judge(world, tmp_path, with_expectations=True)
    outcomes = [judge.outcome(each) for each in MUTATIONS]
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(as_markdown(outcomes), encoding="utf-8")
    assert [outcome.mutation.name for outcome in outcomes if not outcome.changed_tables] == []
    survivors = [outcome.mutation.name for outcome in outcomes if not outcome.caught_by]
    assert len(survivors) <= (1 - CAUGHT_SHARE) * len(outcomes), survivors
    caught = {name for outcome in outcomes for name in outcome.caught_by}
    assert {check.table for check in all_checks()} - caught - checks_shown_by_rows() == set()


def checks_shown_by_rows() -> set[str]:
    """Checks that a given/then test shows failing, as `stage.check`."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(TESTS.rglob("test_*.py")))
    return {".".join(pair) for pair in re.findall(r'bad_rows\("([a-z]+)", "([a-z_]+)"', text)}


def as_markdown(outcomes: Iterable[Outcome]) -> str:
    """The table of docs/mutations.md: checks as stage/check, expectations as stage.table and name."""
    lines = ["| broken | where | tables changed | caught by |", "|---|---|---|---|"]
    for outcome in outcomes:
        shown = [f"`{name if ' ' in name else name.replace('.', '/')}`" for name in outcome.caught_by[:3]]
        more = len(outcome.caught_by) - len(shown)
        caught = ", ".join(shown) + (f" and {more} more" if more else "") or "**nothing**"
        each = outcome.mutation
        lines.append(f"| {each.name} | `{each.target}` | {len(outcome.changed_tables)} | {caught} |")
    return "\n".join(lines) + "\n"
