"""What may be written over what stands there."""

from typing import Any

import pytest

from calendly_pipeline.destinations.merging import narrowed
from calendly_pipeline.destinations.records import Outcome, Record
from calendly_pipeline.settings_destination import Destination


def record(written: dict[str, Any] | None = None, **payload: Any) -> Record:
    """A planned write."""
    return Record("lacrm", "ada", "card", "update", payload, written=written or {})


@pytest.mark.parametrize(
    ("rules", "written", "left"),
    [
        ({}, {}, {"mine": 2, "theirs": 2, "blank": 2}),
        ({"keep_existing": True}, {"mine": 1}, {"mine": 2, "blank": 2}),
        ({"merge_strategy": "append_only"}, {"mine": 1}, {"blank": 2}),
        ({"merge_strategy": "ignore_existing"}, {"mine": 1}, None),
        ({"field_strategies": {"theirs": "append_only"}}, {}, {"mine": 2, "blank": 2}),
        ({"touchable": ["blank"]}, {}, {"blank": 2}),
    ],
)
def test_strategies(rules: dict[str, Any], written: dict[str, Any], left: dict[str, Any] | None) -> None:
    """Of three fields (our own, somebody else's, a blank one) those are left that the rules let be written."""
    found = narrowed(
        record(written, mine=2, theirs=2, blank=2),
        {"mine": 1, "theirs": 1, "blank": ""},
        Destination.model_validate(rules),
    )
    if left is None:
        assert isinstance(found, Outcome)
        assert found.result == "skipped"
    else:
        assert isinstance(found, Record)
        assert (found.payload, found.before) == (left, {name: {"mine": 1, "theirs": 1}.get(name) for name in left})


def test_what_stands_there_is_known_to_stand_there() -> None:
    """A record that stands there whole is accepted with what stands, and nothing it did not ask for."""
    found = narrowed(record(a=1, b=None), {"a": 1, "c": 3}, Destination())
    assert found == Outcome("ada", "accepted", "stands there already", payload={"a": 1, "b": None})
    partly = narrowed(record(a=1, b=2), {"a": 1}, Destination())
    assert isinstance(partly, Record)
    assert (partly.payload, partly.standing) == ({"b": 2}, {"a": 1})


def test_nothing_left_to_write_is_no_acceptance() -> None:
    """A record from which everything was taken out is not written down as accepted."""
    found = narrowed(record(), {"a": 1}, Destination())
    assert isinstance(found, Outcome)
    assert found.result == "skipped"


def test_a_blank_goes_over_our_own_only() -> None:
    """A blank is left only where what stands there is what we last wrote."""
    kept = narrowed(record({"a": 1}, a=None), {"a": 5}, Destination())
    assert isinstance(kept, Outcome)
    ours = narrowed(record({"a": 5}, a=None), {"a": 5}, Destination())
    assert isinstance(ours, Record)
    assert ours.payload == {"a": None}


def test_who_is_not_there_gets_everything() -> None:
    """A record that the destination does not hold is written as planned, whatever the strategy."""
    planned = record(a=1)
    assert narrowed(planned, None, Destination(merge_strategy="ignore_existing")) is planned
