"""Which column of a contact file is what: by the firm's own mapping first, then by the names programs give them."""

import difflib
import re
from collections.abc import Mapping, Sequence

from calendly_pipeline.failures import SettingsError
from calendly_pipeline.sources.tabular import plain

ALIASES = {
    "contact_key": ("contact id", "contactid", "contact key", "lacrm id", "record id", "id"),
    "full_name": ("full name", "fullname", "name", "contact name", "display name"),
    "first_name": ("first name", "firstname", "given name", "givenname", "forename", "first"),
    "middle_name": ("middle name", "middlename", "additional name"),
    "last_name": ("last name", "lastname", "family name", "familyname", "surname", "last"),
    "suffix": ("suffix", "name suffix"),
    "company": (
        "company name",
        "company",
        "organization name",
        "organization 1 name",
        "organization",
        "organisation",
        "business name",
    ),
    "job_title": ("job title", "jobtitle", "organization title", "organization 1 title", "position"),
    "assigned_user": ("assigned to", "assignedto", "assigned user", "contact owner", "owner", "adviser", "advisor"),
    "household": ("household", "household name", "household id"),
}
"""Our column -> names it goes by, the surest first."""
COMPANY_MARKS = ("is company", "iscompany")
RECORD_TYPES = ("record type", "contact type")
"""Columns whose cells may say Company; they stay among the other fields."""
COMPANY = ("company", "companies", "organization", "organisation", "business")
LISTS = {"addresses": "addresses", "address": "addresses", "email": "addresses", "emails": "addresses"}
LISTS |= {"phones": "phones", "phone": "phones"}
EMAIL = re.compile(r"e ?mail")
PHONE = re.compile(r"phone(?!tic)|mobile|\btel\b|telefon|\bcell\b")
ABOUT = re.compile(
    r"\b(label|type|display|opt|status|consent|subscri\w*|verified|preferences?|template|date|time|count|sent|opened)\b"
)
"""Columns that say something about an address or phone and hold none."""


class ContactLayout:
    """Where the columns of a contact file stand."""

    def __init__(self, header: Sequence[str], columns: Mapping[str, str] | None = None) -> None:
        self.labels = [simple(label) for label in header]
        self.known: dict[str, int] = {}
        self.company_mark: int | None = None
        self.addresses: list[int] = []
        self.phones: list[int] = []
        self._apply(columns or {}, header)
        self._guess_columns()
        taken = {*self.known.values(), *self.addresses, *self.phones}
        values = [i for i, label in enumerate(self.labels) if i not in taken and not ABOUT.search(label)]
        self.addresses = self.addresses or [i for i in values if EMAIL.search(self.labels[i])]
        self.phones = self.phones or [
            i for i in values if PHONE.search(self.labels[i]) and not EMAIL.search(self.labels[i])
        ]
        taken |= {*self.addresses, *self.phones}
        if self.company_mark is not None and self.labels[self.company_mark] not in RECORD_TYPES:
            taken.add(self.company_mark)
        self.other = [index for index in range(len(header)) if index not in taken]

    def _apply(self, columns: Mapping[str, str], header: Sequence[str]) -> None:
        """A header the file does not have is passed over: one mapping serves every file of the folder."""
        places = {plain(label): index for index, label in reversed(list(enumerate(header)))}
        for column, label in columns.items():
            if column not in (*ALIASES, *LISTS, "is_company"):
                raise _unknown_column(column)
            wanted = [plain(label)] if plain(label) in places else [plain(part) for part in label.split(",")]
            found = [places[part] for part in wanted if part in places]
            if column in LISTS:
                listed: list[int] = getattr(self, LISTS[column])
                listed += [index for index in found if index not in listed]
            elif column == "is_company":
                self.company_mark = next(iter(found), None)
            elif found:
                self.known[column] = found[0]

    def _guess_columns(self) -> None:
        taken = {*self.known.values(), *self.addresses, *self.phones}
        for column, names in ALIASES.items():
            if column not in self.known:
                index = self._first(names, taken)
                if index is not None:
                    self.known[column] = index
                    taken.add(index)
        if self.company_mark is None:
            self.company_mark = self._first((*COMPANY_MARKS, *RECORD_TYPES), taken)

    def _first(self, names: Sequence[str], taken: set[int]) -> int | None:
        places = (i for name in names for i, label in enumerate(self.labels) if label == name and i not in taken)
        return next(places, None)


def simple(label: str) -> str:
    """A column name as compared: case and punctuation do not matter."""
    return re.sub(r"[\W_]+", " ", plain(label)).strip()


def _unknown_column(column: str) -> SettingsError:
    ours = (*ALIASES, "addresses", "phones", "is_company")
    nearest = difflib.get_close_matches(column, ours, 1, 0)[0]
    return SettingsError(f"contacts.csv.columns: there is no column “{column}”.", f"Did you mean “{nearest}”?")
