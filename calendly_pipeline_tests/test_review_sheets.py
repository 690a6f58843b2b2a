"""The review by CSV and XLSX: out, filled in, and back."""

import csv
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from calendly_pipeline.contacts.decisions import KINDS, Decision, all_decisions, in_force
from calendly_pipeline.failures import InputError
from calendly_pipeline.review_sheets import COLUMNS, Answered, answered, read_sheet, sheet_rows, write_sheet
from calendly_pipeline_tests.contacts.conftest import desk_firm as desk_firm
from calendly_pipeline_tests.contacts.conftest import furnished as furnished
from calendly_pipeline_tests.contacts.desk_firm import DeskFirm

ALDERS, HALE, CEDAR, BIRCH = "alders@example.com", "robert.hale@gmial.com", "paul@example.net", "vera@birch.example"
ENDINGS = ("csv", "xlsx")
HOSTILE = (
    "=cmd|' /C calc'!A0",
    "+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "'=1",
    "<script>",
    "\u202eevil",
    "a\nb",
    "x" * 40_000,
)


def filled_in(firm: DeskFirm, target: Path, answers: dict[str, str], **more: str) -> tuple[list[Answered], list[str]]:
    """Export, type answers by address, save in the same format, and read them back."""
    kept = all_decisions(firm.state)
    with firm.snapshot.read() as published:
        rows = sheet_rows(published, kept)
        for row in rows:
            row |= {"answer": answers.get(row["address"], ""), **(more if row["address"] in answers else {})}
        write_sheet(rows, target)
        return answered(published, kept, read_sheet(target))


def said(good: list[Answered]) -> list[tuple[str, str, str, str]]:
    """The keys of what was read."""
    return sorted(one.keys for row in good for one in row.decisions)


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_export_comes_back_as_answers(desk_firm: DeskFirm, tmp_path: Path, ending: str) -> None:
    """Numbers, words and kinds are understood; rows left blank say nothing; what was shown is kept as evidence."""
    answers = {ALDERS: "Both", HALE: "1", CEDAR: "new", BIRCH: "ignore"}
    good, wrong = filled_in(desk_firm, tmp_path / f"a.{ending}", answers, reason="=asked")
    assert wrong == []
    assert said(good) == [
        ("confirm", ALDERS, "", "1"),
        ("confirm", ALDERS, "", "2"),
        ("confirm", HALE, "robert", "3"),
        ("never_match", BIRCH, "tom birch", ""),
        ("new_contact", CEDAR, "olga cedar", ""),
    ]
    decisions = [one for row in good for one in row.decisions]
    assert {one.reason for one in decisions} == {"=asked"}
    assert all(one.evidence and one.evidence["candidates"] is not None for one in decisions)
    for row in good:
        desk_firm.record(*row.decisions)
    assert desk_firm.queue() == []
    assert desk_firm.refresh().queue() == []


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_answer_is_taken_once(desk_firm: DeskFirm, tmp_path: Path, ending: str) -> None:
    """The same file a second time is refused row by row: nothing is decided twice."""
    target = tmp_path / f"a.{ending}"
    good, _ = filled_in(desk_firm, target, {HALE: "1"})
    desk_firm.record(*good[0].decisions)
    with desk_firm.snapshot.read() as published:
        again = answered(published, all_decisions(desk_firm.state), read_sheet(target))
    assert again[0] == []
    assert "answered already" in again[1][0]


@pytest.mark.parametrize(
    ("answer", "contact", "words"),
    [
        ("7", "", "no candidate 7"),
        ("yes", "", "'yes' is no answer to a case"),
        ("household", "3", "is no answer to a case"),
        ("confirm", "", "needs a contact"),
        ("confirm", "1.23457E+30", "no contact 1.23457E+30"),
        ("both", "", "`both` is no answer"),
        ("new", "3", "names no contact"),
    ],
)
def test_a_wrong_row_is_named(desk_firm: DeskFirm, tmp_path: Path, answer: str, contact: str, words: str) -> None:
    """What is wrong is said with the line it stands in."""
    good, wrong = filled_in(desk_firm, tmp_path / "a.csv", {HALE: answer}, contact=contact)
    assert good == []
    assert len(wrong) == 1
    assert wrong[0].startswith("line 3: ")
    assert words in wrong[0]


def test_a_file_that_is_none(tmp_path: Path) -> None:
    """A file of another kind, in another coding, or without our columns says what to do."""
    for name, content, words in (
        ("a.csv", b"x,y\n1,2\n", "no column `answer`"),
        ("b.csv", "answer\n\xe9\n".encode("latin-1"), "not UTF-8"),
        ("c.xlsx", b"no workbook", "cannot be read as a workbook"),
        ("d.txt", b"", "not read"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=words):
            read_sheet(tmp_path / name)
    with pytest.raises(InputError, match="There is no file"):
        read_sheet(tmp_path / "e.csv")


@pytest.mark.parametrize("ending", ENDINGS)
def test_hostile_cells_run_nowhere(desk_firm: DeskFirm, tmp_path: Path, ending: str) -> None:
    """Names that a spreadsheet would run are text in both kinds of file, and answers to them come back."""
    for number, name in enumerate(HOSTILE):
        desk_firm.world.card(f"9{number}", f"{name[:60]} Elm", "office@example.com")
        desk_firm.world.booked(f"z{number}", "office@example.com", name)
    desk_firm.refresh()
    target = tmp_path / f"a.{ending}"
    good, wrong = filled_in(desk_firm, target, {"office@example.com": "1"})
    if ending == "csv":
        with target.open(encoding="utf-8-sig", newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
    else:
        sheet = load_workbook(target).worksheets[0]
        cells = [cell.value for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
        assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "inlineStr"}
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
    assert [cell for cell in cells if not cell.isprintable() or len(cell) > 32_767] == []
    assert wrong == []
    assert len(good) == len({row["name_normalised"] for row in _queued(desk_firm, "office@example.com")})


def _queued(firm: DeskFirm, address: str) -> list[dict]:
    return [row for row in firm.world.tables.rows("contacts.review_queue") if row["address"] == address]


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_comes_back(desk_firm: DeskFirm, tmp_path: Path, kind: str, ending: str) -> None:
    """A row without a case may say any decision there is."""
    rules = KINDS[kind]
    subject = {"household": "The Alders", "contact": "2"}.get(rules.subject, "Jane.Doe+x@googlemail.com")
    name, contact = "jane doe" if rules.has_name else "", "1" if rules.has_contact else ""
    row = {"answer": kind.replace("_", "-"), "contact": contact, "address": subject, "name": name, "reason": "why"}
    write_sheet([row], tmp_path / f"a.{ending}")
    with desk_firm.snapshot.read() as published:
        good, wrong = answered(published, [], read_sheet(tmp_path / f"a.{ending}"))
    assert wrong == []
    kept = subject if rules.subject in ("household", "contact") else "janedoe@gmail.com"
    assert good[0].decisions == [
        Decision(kind, kept, name, contact or None, "why", None, good[0].decisions[0].rule_set_version)
    ]
    desk_firm.record(*good[0].decisions)
    assert [one.kind for one in in_force(all_decisions(desk_firm.state))] == [kind]


CELL = st.text(st.characters(categories=("L", "M", "N", "P", "S")) | st.just(" "), max_size=30)


@pytest.mark.parametrize("ending", ENDINGS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.fixed_dictionaries({name: CELL for name in COLUMNS}), max_size=4))
def test_cells_come_back_as_they_were(tmp_path: Path, ending: str, rows: list[dict[str, str]]) -> None:
    """Any printable text survives both formats, whatever it begins with; blanks around it do not count."""
    target = tmp_path / f"a.{ending}"
    write_sheet(rows, target)
    found = [row for _, row in read_sheet(target)]
    expected = [{name: cell.strip() for name, cell in row.items()} for row in rows]
    assert found == [row for row in expected if any(row.values())]
