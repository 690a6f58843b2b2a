"""`calendly-pipeline review`: the queue and its answers without a browser."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from calendly_pipeline.cli import commands
from calendly_pipeline.contacts.decisions import all_decisions, in_force
from calendly_pipeline.failures import InputError, StoreError
from calendly_pipeline.review_sheets import read_sheet
from calendly_pipeline.web.desk_sign_in import is_password
from calendly_pipeline_tests.contacts.conftest import desk_firm as desk_firm
from calendly_pipeline_tests.contacts.conftest import furnished as furnished
from calendly_pipeline_tests.contacts.desk_firm import DeskFirm

HALE = "robert.hale@gmial.com"


def review(*arguments: str, typed: str | None = None) -> str:
    """What the command prints; what it raises is raised."""
    done: Result = CliRunner().invoke(commands, ["review", *arguments], input=typed, standalone_mode=False)
    if done.exception is not None:
        raise done.exception
    return done.stdout


def kept(firm: DeskFirm) -> list[tuple[str, str, str, str | None]]:
    """Decisions in force."""
    found = in_force(all_decisions(firm.state))
    return [(one.kind, one.canonical_address, one.name_normalised, one.contact_id) for one in found]


def test_list(desk_firm: DeskFirm) -> None:
    """The queue in its order, with candidates; as a table and as JSON."""
    told = json.loads(review("list", "--format", "json"))
    assert [row["address"] for row in told] == desk_firm.queue()
    assert told[0]["candidates"] == [
        {"contact_id": "1", "name": "Max Alder"},
        {"contact_id": "2", "name": "Jane Alder"},
    ]
    assert "4 waiting" in review("list")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("confirm", HALE, "3"), [("confirm", HALE, "robert", "3")]),
        (("confirm", "alders@example.com", "1", "2"), [("confirm", "alders@example.com", "", n) for n in "12"]),
        (("reject", "alders@example.com"), [("reject", "alders@example.com", "", n) for n in "12"]),
        (("reject", "nobody@example.com", "3"), [("reject", "nobody@example.com", "nora nobody", "3")]),
        (
            ("confirm", "paul@example.net", "6", "--name", "Olga Cedar"),
            [("confirm", "paul@example.net", "olga cedar", "6")],
        ),
        (("always-map", "Desk.One+x@gmail.com", "3"), [("always_map", "deskone@gmail.com", "", "3")]),
        (
            ("always-map", "paul@example.net", "6", "--name", "olga cedar", "--books-for"),
            [("books_for", "paul@example.net", "olga cedar", "6")],
        ),
        (("decide", "never-match", "vendor.example"), [("never_match", "vendor.example", "", None)]),
        (("decide", "household", "The Alders", "1", "2"), [("household", "The Alders", "", n) for n in "12"]),
        (("decide", "not-same-person", "1", "2"), [("not_same_person", "1", "", "2")]),
    ],
    ids=lambda value: "-".join(value)[:40] if isinstance(value, tuple) else None,
)
def test_answers(desk_firm: DeskFirm, arguments: tuple[str, ...], expected: list[tuple]) -> None:
    """What is typed is kept under the keys that last, with who and why."""
    assert "Kept as" in review(*arguments, "--by", "lee", "--reason", "rang")
    assert kept(desk_firm) == expected
    assert {(one.decided_by, one.reason) for one in all_decisions(desk_firm.state)} == {("lee", "rang")}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("confirm", "paul@example.net", "6"), "booked as 'Olga Cedar', 'Paul Cedar'"),
        (("confirm", "stranger@example.com", "6"), "booked as nobody"),
        (("confirm", HALE, "99"), "no contact 99"),
        (("confirm", HALE, "3", "--name", "Eve"), "booked as 'Robert'"),
        (("reject", "nobody@example.com"), "Nobody is proposed"),
        (("undo", "12"), "no decision 12"),
    ],
)
def test_what_is_unclear_is_asked_for(desk_firm: DeskFirm, arguments: tuple[str, ...], words: str) -> None:
    """A name that is not clear, a contact or a decision that is not there: nothing is kept."""
    with pytest.raises(InputError, match=words):
        review(*arguments)
    assert all_decisions(desk_firm.state) == []


def test_undo(desk_firm: DeskFirm) -> None:
    """`decisions` shows the number that `undo` takes; what is undone is marked."""
    review("confirm", "alders@example.com", "1", "2")
    assert "alders" in review("decisions")
    assert "Undone: 1, 2." in review("undo", "2")
    assert kept(desk_firm) == []
    assert review("decisions").count("undone") == 2


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_export_and_import(desk_firm: DeskFirm, tmp_path: Path, ending: str) -> None:
    """A file goes out, is filled in, is checked, and comes back; one wrong row and nothing is kept."""
    target = tmp_path / f"queue.{ending}"
    assert "4 cases written" in review("export", "--to", str(target))
    assert [row["address"] for _, row in read_sheet(target)] == desk_firm.queue()
    filled = tmp_path / "filled.csv"
    rows = [row | {"answer": "new" if row["address"] == HALE else ""} for _, row in read_sheet(target)]
    _write(filled, rows)
    assert "1 answers would be kept" in review("import", str(filled), "--check")
    assert kept(desk_firm) == []
    _write(filled, [*rows, rows[0] | {"answer": "nonsense"}])
    with pytest.raises(InputError, match=r"nothing was kept.\nline 6: 'nonsense'"):
        review("import", str(filled))
    assert kept(desk_firm) == []
    _write(filled, rows)
    assert "1 answers kept" in review("import", str(filled))
    assert kept(desk_firm) == [("new_contact", HALE, "robert", None)]


def test_a_password_becomes_a_line_for_the_environment() -> None:
    """The line printed holds a hash that fits the password; a short one is refused."""
    line = review("password", typed="twelve letters\ntwelve letters\n").strip().splitlines()[-1]
    name, _, kept_hash = line.partition("=")
    assert name == "DESK_PASSWORD_HASH"
    assert is_password("twelve letters", kept_hash)
    with pytest.raises(InputError, match="fewer than 12"):
        review("password", typed="short\nshort\n")


def test_before_the_first_refresh() -> None:
    """Without a published snapshot the command says what to do."""
    with pytest.raises(StoreError, match="Run `calendly-pipeline run` first"):
        review("list")


def _write(target: Path, rows: list[dict[str, str]]) -> None:
    import csv

    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
