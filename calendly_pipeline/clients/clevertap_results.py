"""What became of each record of one upload to CleverTap.

The vendor answers a call of which every record was refused with 200 as well:

    {"status": "partial", "processed": 2,
     "unprocessed": [{"status": "fail", "code": 509, "error": "... Skipped record number : 2", "record": {...}}]}

`status` is `success`, `partial` or `fail` (the vendor's Node client; answers recorded in rudder-transformer's tests).
A refused record is told by its echo, else by the number in the text, which counts from 1; never by its place in the
list.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from calendly_pipeline.clients.http import LONGEST_WORDS

Verdict = Literal["accepted", "rejected", "retry", "unknown"]
Record = Mapping[str, Any]

SERVER_ERROR = 555
"""The only code that another attempt can help (CleverTap's list of API errors)."""
_NUMBER = re.compile(r"record number\s*:\s*(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class RecordResult:
    """What became of one record: `retry` was not stored and may be sent again, `unknown` may have been stored."""

    verdict: Verdict
    code: int | None = None
    words: str = ""


ACCEPTED = RecordResult("accepted")


def record_results(records: Sequence[Record], answer: Any) -> list[RecordResult] | None:
    """One result per record, in the order of `records`; None when the answer is not of the shape above."""
    told = _told(answer)
    if told is None:
        return None
    processed, refused = told
    named: dict[int, RecordResult] = {}
    places = _places(records)
    for entry in refused:
        place = _place_of(entry, places, named, len(records))
        if place is not None:
            named[place] = _refusal(entry)
    rest = _rest(len(records) - processed - len(named), len(records) - len(named), answer)
    return [named.get(place, rest) for place in range(len(records))]


def _told(answer: Any) -> tuple[int, list[dict[str, Any]]] | None:
    """The number of stored records, and the refused ones."""
    if not isinstance(answer, dict) or answer.get("status") not in ("success", "partial", "fail"):
        return None
    refused = answer.get("unprocessed") or []
    processed = answer.get("processed", 0 if answer["status"] == "fail" else None)
    if not isinstance(processed, int) or isinstance(processed, bool) or not isinstance(refused, list):
        return None
    return processed, [entry for entry in refused if isinstance(entry, dict)]


def _rest(unnamed: int, left: int, answer: Mapping[str, Any]) -> RecordResult:
    """What is true of each of the `left` records that no refusal names, when `unnamed` of them were not stored."""
    if unnamed == 0:
        return ACCEPTED
    if unnamed == left:
        return RecordResult("rejected", None, _words(answer) or "CleverTap stored none and gave no reason")
    said = f"CleverTap stored {left - unnamed} of {left} records and does not say which"
    return RecordResult("unknown", None, said)


def _places(records: Sequence[Record]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for place, record in enumerate(records):
        places.setdefault(_canonical(record), []).append(place)
    return places


def _place_of(
    entry: Mapping[str, Any], places: Mapping[str, list[int]], named: Mapping[int, Any], count: int
) -> int | None:
    found = _NUMBER.search(str(entry.get("error") or ""))
    numbered = int(found[1]) - 1 if found else None
    echoed = [place for place in places.get(_canonical(entry.get("record")), ()) if place not in named]
    if echoed:
        return numbered if numbered in echoed else echoed[0]
    return numbered if numbered is not None and 0 <= numbered < count and numbered not in named else None


def _refusal(entry: Mapping[str, Any]) -> RecordResult:
    code = entry.get("code")
    code = int(code) if isinstance(code, (int, str)) and str(code).isdigit() else None
    return RecordResult("retry" if code == SERVER_ERROR else "rejected", code, _words(entry))


def _words(told: Mapping[str, Any]) -> str:
    said = str(told.get("error") or "")
    return " ".join("".join(c if c.isprintable() else " " for c in said).split())[:LONGEST_WORDS]


def _canonical(record: Any) -> str:
    return json.dumps(record, sort_keys=True, default=str)
