"""JSON text of cells, column-wise: a million rows want no dictionary each."""

from collections.abc import Mapping, Sequence
from json.encoder import encode_basestring

json_text = encode_basestring
"""A text as a JSON string."""


class _Openings(dict[str, str]):
    """Question -> the beginning of its JSON object; questions repeat from row to row."""

    def __missing__(self, question: str) -> str:
        opening = self[question] = f'{{"question":{json_text(question)},"answer":'
        return opening


def json_answers(questions: Sequence[str], answers: Sequence[str], position: int) -> list[str]:
    """One JSON object a row, '' where the question was not answered."""
    openings = _Openings()
    end = f',"position":{position}}}'
    return [
        openings[question] + json_text(answer) + end if answer else ""
        for question, answer in zip(questions, answers, strict=True)
    ]


def json_arrays(members: Sequence[Sequence[str]], count: int) -> list[str]:
    """`count` JSON arrays of the members that are not blank; each sequence holds one member a row."""
    if not members:
        return ["[]"] * count
    if len(members) == 1:
        return [f"[{member}]" for member in members[0]]
    return [f"[{','.join(filter(None, row))}]" for row in zip(*members, strict=True)]


def json_objects(columns: Mapping[str, Sequence[str]]) -> list[str]:
    """One JSON object a row, column name -> cell; rows of blank cells share one text."""
    keys = [f"{json_text(name)}:" for name in columns]
    blank = "{" + ",".join(f'{key}""' for key in keys) + "}"
    return [
        f"{{{','.join([key + json_text(cell) for key, cell in zip(keys, cells, strict=True)])}}}"
        if any(cells)
        else blank
        for cells in zip(*columns.values(), strict=True)
    ]


def json_person(name: str, email: str, *phone: str | None) -> str:
    """A person as a JSON object; a phone of None is written as null."""
    said = "".join(f',"phone":{"null" if number is None else json_text(number)}' for number in phone)
    return f'{{"name":{json_text(name)},"email":{json_text(email)}{said}}}'
