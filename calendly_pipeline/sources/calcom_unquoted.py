"""The oldest Insights export quotes nothing: a comma in a title shifts every cell after it.

A row is mended only when there is exactly one way to lay its cells over the columns such that every date is a date,
every number a number and every address an address; texts (title, feedback, booker's name) take up the commas. A
booking without a booker ends two cells early. Anything else is rejected with the reason.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import islice

from calendly_pipeline.sources.records import Fit

CELL_LIMIT = 120
"""A row of more cells is no row: trying its readings would only cost time."""
MOMENT = r"[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d{4} \d\d:\d\d:\d\d.*|\d{4}-\d\d-\d\d[T ].*"
TRUTH = r"(?i:true|false|)"
ADDRESS = r"[^\s@]+@[^\s@]+"
FORMS = {
    "id": r"\d+",
    "uid": r"[^\s,]+",
    "createdAt": MOMENT,
    "startTime": MOMENT,
    "endTime": MOMENT,
    "timeStatus": r"[a-z_]*",
    "eventTypeId": r"\d*",
    "eventLength": r"\d*",
    "paid": TRUTH,
    "userEmail": f"{ADDRESS}|",
    "username": r"\S*",
    "userUsername": r"\S*",
    "rating": r"\d*(\.\d+)?",
    "noShowHost": TRUTH,
    "isTeamBooking": TRUTH,
    "bookerEmail": ADDRESS,
    "rescheduledFromUid": r"\S*",
    "rescheduledToUid": r"\S*",
    "fromReschedule": r"\S*",
}
TEXTS = ("title", "ratingFeedback", "bookerName", "userName")
BOOKER = ["bookerEmail", "bookerName"]
NO_READING = "its cells do not fit the columns, as after an unquoted line break or comma"
TWO_READINGS = "an unquoted comma: its cells fit the columns in more than one way"


def unquoted_fit(columns: Sequence[str], delimiter: str) -> Fit:
    """Lays the cells of an unquoted record over `columns`; '' stands for a column nobody knows."""
    forms = [None if name in TEXTS else re.compile(FORMS.get(name, ".*")) for name in columns]
    shortest = len(columns) - 2 * (list(columns[-2:]) == BOOKER)

    def is_row(cells: Sequence[str]) -> bool:
        return len(cells) in (shortest, len(columns)) and all(
            form is None or form.fullmatch(cell.strip()) for form, cell in zip(forms, cells, strict=False)
        )

    def readings(cells: Sequence[str], column: int = 0) -> Iterator[list[str]]:
        if not cells and column in (shortest, len(columns)):
            yield [""] * (len(columns) - column)
        if not cells or column == len(columns):
            return
        form = forms[column]
        for size in range(1, len(cells) + 1 if form is None else 2):
            if form is None or form.fullmatch(cells[0].strip()):
                for rest in readings(cells[size:], column + 1):
                    yield [delimiter.join(cells[:size]), *rest]

    def fit(cells: list[str]) -> list[str] | str:
        if len(cells) > CELL_LIMIT:
            return NO_READING
        spellings = [*_as_quoted(cells, delimiter), cells]
        if len(cells) == len(columns) > shortest and not any(map(str.strip, cells[-2:])):
            spellings.append(cells[:-2])  # no booker, said with blank cells
        for spelling in spellings:
            if is_row(spelling):
                return spelling + [""] * (len(columns) - len(spelling))
        found = [list(islice(readings(spelling), 2)) for spelling in spellings]
        several = next((rows for rows in found if rows), [])
        return several[0] if len(several) == 1 else TWO_READINGS if several else NO_READING

    return fit


def _as_quoted(cells: list[str], delimiter: str) -> Iterator[list[str]]:
    """The record as a program writes it that does quote: the file may have been saved again."""
    if any(cell.startswith('"') for cell in cells):
        try:
            yield next(csv.reader([delimiter.join(cells)], delimiter=delimiter, strict=True))
        except csv.Error:
            return
