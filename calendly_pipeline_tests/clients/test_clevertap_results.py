"""Refused records are told apart by echo or number, never by order."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendly_pipeline.clients.clevertap_results import record_results


def answer(records: list[Any], refused: list[int], shuffled: int, echo: bool, number: bool) -> dict[str, Any]:
    """What the vendor says when these were refused."""
    listed: list[dict[str, Any]] = []
    for place in refused:
        said = f"Bad. Skipped record number : {place + 1}" if number else "Bad."
        listed.append({"status": "fail", "code": 509, "error": said, **({"record": records[place]} if echo else {})})
    random.Random(shuffled).shuffle(listed)
    processed = len(records) - len(refused)
    status = "success" if not refused else "partial" if processed else "fail"
    return {"status": status, "processed": processed, "unprocessed": listed}


@given(st.data(), st.lists(st.integers(0, 3), min_size=1, max_size=12), st.booleans(), st.booleans())
def test_every_refusal_finds_its_record(data: st.DataObject, kinds: list[int], echo: bool, number: bool) -> None:
    """Whatever is refused, in whatever order it is told, exactly that many records equal to those are refused."""
    records = [{"type": "event", "identity": f"{kind}@x.example"} for kind in kinds]  # equal ones among them
    refused = data.draw(st.lists(st.sampled_from(range(len(records))), unique=True))
    results = record_results(records, answer(records, refused, data.draw(st.integers()), echo, number))
    assert results is not None
    found = [place for place, result in enumerate(results) if result.verdict == "rejected"]
    if number:
        assert found == sorted(refused)
    elif echo or not refused or len(refused) == len(records):
        assert sorted(kinds[place] for place in found) == sorted(kinds[place] for place in refused)
    else:
        assert {result.verdict for result in results} == {"unknown"}


def test_an_echo_that_was_changed_is_found_by_its_number() -> None:
    """The vendor may write a record otherwise than it was sent; then the number counts."""
    records = [{"identity": "A@x.example", "ts": 1}, {"identity": "b@x.example", "ts": 2}]
    entry = {"code": 525, "error": "Skipped record number : 1", "record": {"identity": "a@x.example", "ts": "1"}}
    results = record_results(records, {"status": "partial", "processed": 1, "unprocessed": [entry]})
    assert results is not None
    assert [result.verdict for result in results] == ["rejected", "accepted"]


@pytest.mark.parametrize("number", [0, 3, 99])
def test_a_number_that_cannot_be(number: int) -> None:
    """A number beyond the call's records names none of them."""
    entry = {"code": 525, "error": f"Skipped record number : {number}"}
    results = record_results([{"a": 1}, {"b": 2}], {"status": "partial", "processed": 1, "unprocessed": [entry]})
    assert results is not None
    assert [result.verdict for result in results] == ["unknown", "unknown"]


@pytest.mark.parametrize("processed", [-1, 0, 1, 3, 99])
def test_counts_that_disagree(processed: int) -> None:
    """A success of fewer or more records than were sent is not believed for any of them."""
    results = record_results([{"a": 1}, {"b": 2}], {"status": "success", "processed": processed, "unprocessed": []})
    assert results is not None
    assert {result.verdict for result in results} == {"rejected" if processed == 0 else "unknown"}


SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=3)


@given(st.dictionaries(st.sampled_from(["status", "processed", "unprocessed"]), SCALARS | st.lists(SCALARS)) | SCALARS)
def test_any_answer_is_read_without_a_stumble(told: Any) -> None:
    """An answer of another shape is no answer, and no exception."""
    assert record_results([{"a": 1}], told) is None
