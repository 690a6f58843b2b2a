"""The CRM's export and Google Contacts."""

from pathlib import Path

import pytest

from calendly_pipeline_tests.sources.contact_tables import GOOGLE_NEW, GOOGLE_OLD, ID, LACRM, read, table
from calendly_pipeline_tests.sources.files import workbook


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
