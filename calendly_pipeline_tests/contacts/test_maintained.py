"""The stage kept up to date is the stage built from scratch."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calendly_pipeline_tests.conftest import copied
from calendly_pipeline_tests.contacts.changing_firm import (
    MODELS,
    OFTEN,
    ORDER,
    SELDOM,
    ChangingFirm,
    Happening,
    Killed,
)

KEYED = {model.table for model in MODELS if "changes with" in model.keys}


@dataclass(frozen=True)
class Day:
    """What happens to the firm, and what becomes of the run before the one that ends well."""

    happenings: Sequence[Happening]
    killed_before: str | None = None
    alone: Sequence[str] = ()


DAYS = st.lists(
    st.builds(
        Day,
        st.lists(st.sampled_from(OFTEN), min_size=1, max_size=4).flatmap(
            lambda often: st.sampled_from([*SELDOM, *OFTEN]).map(lambda one: [*often, one])
        ),
        st.none() | st.sampled_from(ORDER),
        st.lists(st.sampled_from(ORDER), max_size=6, unique=True),
    ),
    min_size=1,
    max_size=3,
)


def live(firm: ChangingFirm, day: Day) -> dict[str, str]:
    """A day with its runs; returns how each table was built, at most by keys."""
    half = len(day.happenings) // 2
    how: dict[str, str] = {}
    for happening in day.happenings[:half]:
        happening(firm)
    if day.alone:
        how |= {table: built.how for table, built in firm.refresh(*day.alone).items()}
    for happening in day.happenings[half:]:
        happening(firm)
    if day.killed_before:
        with pytest.raises(Killed):
            firm.refresh(killed_before=day.killed_before)
        how |= {table: built.how for table, built in firm.built.items()}
    return how | {table: built.how for table, built in firm.refresh().items() if built.how != "unchanged"}


def lived(warehouse: Path, examples: int) -> set[str]:
    """Lives so many firms' days, and holds every day's tables against a build from scratch; returns what keys built."""
    by_keys: set[str] = set()

    @settings(max_examples=examples, deadline=None, database=None)
    @given(seed=st.integers(1, 1_000_000), days=DAYS)
    def whatever_happens(seed: int, days: list[Day]) -> None:
        with copied(warehouse) as tables:
            firm = ChangingFirm(tables.connection, seed)
            firm.refresh()
            for day in [Day(OFTEN), *days]:
                by_keys.update(table for table, how in live(firm, day).items() if how == "changed keys")
                assert firm.different() == set()

    whatever_happens()
    return by_keys


def test_whatever_happens(listed_warehouse: Path) -> None:
    """After any changes, killed runs and tables built alone, every table is what a build from scratch makes."""
    assert lived(listed_warehouse, examples=2) == KEYED


@pytest.mark.faults
def test_whatever_happens_for_long(listed_warehouse: Path) -> None:
    """The same for many firms."""
    assert lived(listed_warehouse, examples=60) == KEYED
