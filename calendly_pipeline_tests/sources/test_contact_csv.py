"""Contact files: the CRM's export, Google Contacts and any other table with addresses."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calendly_pipeline.failures import SettingsError, UnreadableFile
from calendly_pipeline.sources import contact_csv
from calendly_pipeline.sources.contact_csv import addresses_in
from calendly_pipeline_tests.sources.files import csv_text, rejected_of, rows_of, workbook, written

ID = "3862515354732873260518907940136"
LACRM = (
    "Contact Id,Assigned To,Is Company,Salutation,First Name,Middle Name,Last Name,Suffix,Company Name,Job Title,"
    "Email 1,Email 1 Type,Email 2,Phone 1,Phone 1 Type,Background Info,Household,Next Meeting"
)
GOOGLE_NEW = (
    "First Name,Middle Name,Last Name,Phonetic First Name,Phonetic Middle Name,Phonetic Last Name,Name Prefix,"
    "Name Suffix,Nickname,File As,Organization Name,Organization Title,Organization Department,Birthday,Notes,Photo,"
    "Labels,E-mail 1 - Label,E-mail 1 - Value,E-mail 2 - Label,E-mail 2 - Value,Phone 1 - Label,Phone 1 - Value"
)
GOOGLE_OLD = (
    "Name,Given Name,Additional Name,Family Name,Yomi Name,Name Prefix,Name Suffix,Notes,Group Membership,"
    "E-mail 1 - Type,E-mail 1 - Value,Phone 1 - Type,Phone 1 - Value,Organization 1 - Name,Organization 1 - Title"
)
in_one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def table(folder: Path, header: str, *rows: dict[str, str], name: str = "contacts.csv") -> Path:
    """A contact file with this header and these cells by header."""
    labels = header.split(",")
    return written(folder, csv_text([labels, *([row.get(label, "") for label in labels] for row in rows)]), name)


def read(
    path: Path, name: str | None = None, columns: Mapping[str, str] | None = None
) -> tuple[str, list[dict[str, Any]]]:
    """Kind and rows of a contact file, its JSON parsed; nothing may be rejected."""
    kind, batches = contact_csv.read(path, name, columns)
    rows = rows_of(batches)
    assert rejected_of(contact_csv.read(path, name, columns)[1]) == []
    assert all(tuple(row) == contact_csv.COLUMNS for row in rows)
    return kind, [row | {key: json.loads(row[key]) for key in ("addresses", "phones", "fields")} for row in rows]


def test_crm_export(tmp_path: Path) -> None:
    """Ids stay text, every address and phone is kept, and the firm's own fields stand by their names."""
    ada = {
        "Contact Id": ID,
        "Assigned To": "Hanna Host",
        "Is Company": "No",
        "First Name": "Ada",
        "Middle Name": "M.",
        "Last Name": "Example",
        "Suffix": "Jr.",
        "Company Name": "Acme",
        "Job Title": "CFO",
        "Email 1": "Ada@Example.com",
        "Email 1 Type": "Work",
        "Email 2": "ada@home.example, ada@example.com",
        "Phone 1": "+1 555 0100",
        "Household": "Example family",
        "Next Meeting": "2026-07-01",
    }
    kind, (row,) = read(table(tmp_path, LACRM, ada))
    assert kind == "lacrm"
    assert row == {
        "line": 2,
        "kind": "lacrm",
        "contact_key": ID,
        "is_company": "false",
        "full_name": None,
        "first_name": "Ada",
        "middle_name": "M.",
        "last_name": "Example",
        "suffix": "Jr.",
        "company": "Acme",
        "job_title": "CFO",
        "assigned_user": "Hanna Host",
        "household": "Example family",
        "addresses": ["Ada@Example.com", "ada@home.example"],
        "phones": ["+1 555 0100"],
        "fields": {
            "Salutation": "",
            "Email 1 Type": "Work",
            "Phone 1 Type": "",
            "Background Info": "",
            "Next Meeting": "2026-07-01",
        },
    }


def test_crm_export_by_its_name(tmp_path: Path) -> None:
    """A file called `lacrm...` is the CRM's export whatever its columns are called."""
    path = table(tmp_path, "Name,Email", {"Name": "Ada", "Email": "ada@example.com"})
    assert read(path)[0] == "csv"
    assert read(path, name="LACRM export.csv")[0] == "lacrm"
    assert read(path, name="north/lacrm_contacts.csv")[0] == "lacrm"
    assert read(path, name="lacrm/people.csv")[0] == "csv"


@pytest.mark.parametrize("said", ["3.86251535473287E+30", "3,86E+30", "4E+30"])
def test_ids_a_spreadsheet_has_rounded_are_none(tmp_path: Path, said: str) -> None:
    """Two contacts must not become one because their ids were rounded to the same number."""
    _, (row,) = read(table(tmp_path, "Contact Id,Assigned To,Email", {"Contact Id": said, "Email": "a@x.example"}))
    assert row["contact_key"] == ""
    assert row["fields"] == {"Contact Id": said}


def test_ids_stored_as_numbers_in_a_workbook(tmp_path: Path) -> None:
    """An id stored as a number is rounded too; one stored as text is whole."""
    header = ["Contact Id", "Assigned To", "Email"]
    path = workbook(tmp_path, [header, [float(ID), "", "a@x.example"], [ID, "", "b@x.example"]])
    _, rows = read(path)
    assert [row["contact_key"] for row in rows] == ["", ID]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"Is Company": "Yes", "First Name": "Ada"}, "true"),
        ({"Is Company": "TRUE"}, "true"),
        ({"Is Company": "false", "Company Name": "Acme"}, "false"),
        ({"Is Company": "", "Company Name": "Acme"}, "true"),
        ({"Is Company": "", "Company Name": "Acme", "Last Name": "Example"}, "false"),
        ({"Is Company": ""}, "false"),
    ],
)
def test_companies_are_told_apart(tmp_path: Path, cells: dict[str, str], expected: str) -> None:
    """The file's own mark counts; without one, a row with a company and no person is a company."""
    _, (row,) = read(table(tmp_path, LACRM, cells | {"Contact Id": "1"}))
    assert row["is_company"] == expected


def test_record_types(tmp_path: Path) -> None:
    """A column of record types tells companies apart and stays among the fields."""
    header = "Contact Id,Assigned To,Record Type,Name,Company Name,Email"
    company = {"Record Type": "Company", "Name": "Acme", "Email": "info@acme.example"}
    _, rows = read(table(tmp_path, header, company, company | {"Record Type": "Client", "Company Name": "acme"}))
    assert [row["is_company"] for row in rows] == ["true", "true"]
    assert [row["fields"] for row in rows] == [{"Record Type": "Company"}, {"Record Type": "Client"}]


def test_google_contacts(tmp_path: Path) -> None:
    """Today's layout is read; phonetic names are no phones, labels no addresses, `:::` separates values."""
    ada = {
        "First Name": "Ada",
        "Last Name": "Example",
        "Name Suffix": "III",
        "Phonetic First Name": "Ay-da",
        "Organization Name": "Acme",
        "Organization Title": "CFO",
        "Labels": "* myContacts ::: Clients",
        "E-mail 1 - Label": "* Work",
        "E-mail 1 - Value": "ada@example.com ::: ada@home.example",
        "E-mail 2 - Value": "a.example@old.example",
        "Phone 1 - Label": "Mobile",
        "Phone 1 - Value": "+1 555 0100 ::: +1 555 0101",
    }
    kind, (person, company) = read(table(tmp_path, GOOGLE_NEW, ada, {"Organization Name": "Acme", "Notes": "x"}))
    assert kind == "google"
    assert (person["first_name"], person["last_name"], person["suffix"]) == ("Ada", "Example", "III")
    assert (person["company"], person["job_title"], person["is_company"]) == ("Acme", "CFO", "false")
    assert person["addresses"] == ["ada@example.com", "ada@home.example", "a.example@old.example"]
    assert person["phones"] == ["+1 555 0100", "+1 555 0101"]
    assert person["fields"]["Phonetic First Name"] == "Ay-da"
    assert person["fields"]["E-mail 1 - Label"] == "* Work"
    assert person["contact_key"] is None
    assert (company["is_company"], company["addresses"], company["phones"]) == ("true", [], [])


def test_google_contacts_of_the_older_layout(tmp_path: Path) -> None:
    """Given, additional and family names, types instead of labels."""
    ada = {
        "Name": "Ada Example",
        "Given Name": "Ada",
        "Additional Name": "M",
        "Family Name": "Example",
        "E-mail 1 - Type": "* Home",
        "E-mail 1 - Value": "ada@example.com ::: ADA@example.com",
        "Phone 1 - Value": "555",
        "Organization 1 - Name": "Acme",
        "Organization 1 - Title": "CFO",
    }
    kind, (row,) = read(table(tmp_path, GOOGLE_OLD, ada))
    assert kind == "google"
    names = [row[column] for column in ("full_name", "first_name", "middle_name", "last_name", "company", "job_title")]
    assert names == ["Ada Example", "Ada", "M", "Example", "Acme", "CFO"]
    assert (row["addresses"], row["phones"]) == (["ada@example.com"], ["555"])


def test_google_contacts_without_an_address(tmp_path: Path) -> None:
    """The layout is known by its names too, when no contact has an address."""
    header = "First Name,Phonetic First Name,File As,Phone 1 - Value"
    kind, (row,) = read(table(tmp_path, header, {"First Name": "Ada", "Phone 1 - Value": "555"}))
    assert (kind, row["addresses"], row["phones"]) == ("google", [], ["555"])


def test_any_other_table(tmp_path: Path) -> None:
    """Every column called e-mail or email holds addresses, but for those that only say something about one."""
    header = "Full name,E-mail Address,Email2,WorkEMail,Email type,E-mail Display Name,Email opt-out,"
    header += "Mobile,Home Phone,Tel,Hotel"
    cells = {
        "Full name": "Ada Example",
        "E-mail Address": "ada@example.com",
        "Email2": "a@x.example;b@x.example",
        "WorkEMail": "c@x.example",
        "Email type": "SMTP",
        "E-mail Display Name": "Ada (ada@example.com)",
        "Email opt-out": "no",
        "Mobile": "1",
        "Home Phone": "2",
        "Tel": "2",
        "Hotel": "Ritz",
    }
    kind, (row,) = read(table(tmp_path, header, cells))
    assert (kind, row["full_name"], row["company"]) == ("csv", "Ada Example", None)
    assert row["addresses"] == ["ada@example.com", "a@x.example", "b@x.example", "c@x.example"]
    assert row["phones"] == ["1", "2"]
    assert set(row["fields"]) == {"Email type", "E-mail Display Name", "Email opt-out", "Hotel"}


@pytest.mark.parametrize(
    ("cell", "found", "is_whole"),
    [
        ("ada@example.com", ["ada@example.com"], True),
        ("Ada Example <ada@example.com>", ["ada@example.com"], True),
        ("mailto:ada@example.com", ["ada@example.com"], True),
        ("a@x.example b@x.example", ["a@x.example", "b@x.example"], True),
        ("a@x.example ::: b@x.example", ["a@x.example", "b@x.example"], True),
        ("a@x.example\nb@x.example,;c@x.example", ["a@x.example", "b@x.example", "c@x.example"], True),
        ("ada @example.com", ["ada @example.com"], True),
        ("none", [], False),
        ("ada@example.com (old), none", ["ada@example.com (old)"], False),
        ("", [], True),
    ],
)
def test_addresses_of_a_cell(cell: str, found: list[str], is_whole: bool) -> None:
    """Several addresses in a cell are taken apart; words that are none are noticed."""
    assert addresses_in(cell) == (found, is_whole)


def test_cells_that_are_no_addresses_are_kept(tmp_path: Path) -> None:
    """What a column of addresses or phones says beside them stands among the fields."""
    said: dict[str, str] = {"Email": "asked, none", "Phone": "+1 555; no calls"}
    _, rows = read(table(tmp_path, "Email,Note,Phone", said, {"Email": "a@x.example", "Note": "n"}))
    assert [(row["addresses"], row["phones"]) for row in rows] == [([], ["+1 555"]), (["a@x.example"], [])]
    assert [row["fields"] for row in rows] == [said | {"Note": ""}, {"Note": "n"}]


def test_columns_by_the_firms_mapping(tmp_path: Path) -> None:
    """The mapping comes before names; what it does not name is found by name."""
    header = "Kunde,Kontakt,Zweitkontakt,Email,Rufnummer,Firma,First Name"
    cells: dict[str, str] = dict(
        zip(header.split(","), ["K-7", "a@x.example", "b@x.example", "c@x.example", "1", "Acme", "Ada"], strict=True)
    )
    columns = {
        "contact_key": "kunde",
        "addresses": "Kontakt, Zweitkontakt",
        "phones": "Rufnummer",
        "company": "Firma",
        "household": "Not in this file",
    }
    kind, (row,) = read(table(tmp_path, header, cells), columns=columns)
    assert kind == "csv"
    assert (row["contact_key"], row["company"], row["first_name"], row["household"]) == ("K-7", "Acme", "Ada", None)
    assert (row["addresses"], row["phones"]) == (["a@x.example", "b@x.example"], ["1"])
    assert row["fields"] == {"Email": "c@x.example"}


def test_a_mapping_of_another_file_does_no_harm(tmp_path: Path) -> None:
    """One mapping serves a folder: a file without those headers is read by name."""
    path = table(tmp_path, "Name,Email", {"Email": "a@x.example"})
    assert read(path, columns={"addresses": "Kontakt"})[1][0]["addresses"] == ["a@x.example"]


def test_a_misspelt_mapping_is_a_settings_error(tmp_path: Path) -> None:
    """A column of ours that does not exist is named, with the nearest one."""
    path = table(tmp_path, "Name,Email", {"Email": "a@x.example"})
    with pytest.raises(SettingsError, match=r"“adresses”.*“addresses”"):
        contact_csv.read(path, columns={"adresses": "Email"})


def test_a_table_without_addresses_is_refused(tmp_path: Path) -> None:
    """No column with addresses: the headers found are named, and the setting that helps."""
    path = table(tmp_path, "Name,Kontakt,Email type", {"Name": "Ada"})
    with pytest.raises(UnreadableFile, match="“Name”, “Kontakt”, “Email type”") as error:
        contact_csv.read(path, name="contacts/people.csv")
    assert "contacts.csv.columns" in error.value.remedy


def test_recognise() -> None:
    """Tables with addresses are contact files."""
    assert contact_csv.recognise(["Name", "E-Mail"])
    assert contact_csv.recognise(GOOGLE_NEW.split(","))
    assert not contact_csv.recognise(["Name", "Street"])


def test_broken_rows_are_rejected(tmp_path: Path) -> None:
    """A row with cells beyond the header is rejected, the others are read."""
    path = written(tmp_path, "Name,Email\nAda,a@x.example\nBob,b@x.example,more\n")
    _, batches = contact_csv.read(path)
    assert [(row.line, row.raw) for row in rejected_of(batches)] == [(3, "Bob,b@x.example,more")]


@given(st.data())
@in_one_folder
def test_column_order_and_case_never_matter(tmp_path: Path, data: st.DataObject) -> None:
    """However the columns are ordered and their names written, the same person is read."""
    header = LACRM.split(",")
    cells = {label: f"{number}@x.example" if "Email" in label else str(number) for number, label in enumerate(header)}
    _, (expected,) = read(table(tmp_path, LACRM, cells))
    order = data.draw(st.permutations(header))
    spell = data.draw(st.sampled_from([str.upper, str.lower, lambda label: label.replace(" ", "_")]))
    path = written(tmp_path, csv_text([[spell(label) for label in order], [cells[label] for label in order]]))
    _, (row,) = read(path)
    assert sorted(row.pop("addresses")) == sorted(expected.pop("addresses"))
    assert sorted(row.pop("fields").values()) == sorted(expected.pop("fields").values())
    assert row == expected
