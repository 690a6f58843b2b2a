"""Contact files of any other layout."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendly_pipeline.failures import SettingsError, UnreadableFile
from calendly_pipeline.sources import contact_csv
from calendly_pipeline.sources.contact_csv import addresses_in
from calendly_pipeline_tests.sources.contact_tables import GOOGLE_NEW, LACRM, in_one_folder, read, table
from calendly_pipeline_tests.sources.files import csv_text, rejected_of, written


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
