"""Any table file becomes rows with exact line numbers, or rejected rows; nothing is lost and nothing is guessed."""

import re
import tracemalloc
from pathlib import Path

import pytest

from calendly_pipeline.sources import delimited
from calendly_pipeline_tests.sources.files import table, written
from calendly_pipeline_tests.sources.tabular_rows import rows


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("name,note\nZoë,“yes”\n".encode(), id="utf-8"),
        pytest.param("\ufeffname,note\nZoë,“yes”\n".encode(), id="utf-8 with mark"),
        pytest.param("\ufeffname,note\r\nZoë,“yes”\r\n".encode("utf-16-le"), id="utf-16 little"),
        pytest.param("\ufeffname,note\r\nZoë,“yes”\r\n".encode("utf-16-be"), id="utf-16 big"),
        pytest.param("name,note\r\nZoë,“yes”\r\n".encode("utf-16-le"), id="utf-16 without mark"),
        pytest.param("\ufeffname,note\nZoë,“yes”\n".encode("utf-32-le"), id="utf-32"),
        pytest.param("name,note\nZoë,“yes”\n".encode("cp1252"), id="windows-1252"),
        pytest.param("name,note\r\nZoë,“yes”\r\n".encode(), id="carriage returns and line feeds"),
        pytest.param("name,note\rZoë,“yes”\r".encode(), id="carriage returns"),
        pytest.param("name,note\nZoë,“yes”".encode(), id="no line end at the end"),
        pytest.param("name;note\nZoë;“yes”\n".encode(), id="semicolons"),
        pytest.param("name\tnote\nZoë\t“yes”\n".encode(), id="tabs"),
        pytest.param("  name ,note \n Zoë , “yes”\n".encode(), id="blanks around cells"),
        pytest.param("name,note,,\nZoë,“yes”,,\n".encode(), id="trailing separators"),
        pytest.param("na\0me,no\0te\nZo\0ë,“yes”\n".encode(), id="NUL characters"),
    ],
)
def test_encodings_and_separators(tmp_path: Path, content: bytes) -> None:
    """The same two cells are read whatever program wrote the file."""
    header, found, rejected, _ = table(written(tmp_path, content))
    assert header == ["name", "note"]
    assert found == [(2, ["Zoë", "“yes”"])]
    assert rejected == []


def test_separator_line(tmp_path: Path) -> None:
    """A first line `sep=;` names the separator and is no header."""
    assert rows(tmp_path, "sep=;\nname;note\nAda;a,b\n") == [(3, ["Ada", "a,b"])]


def test_separator_is_decided_from_the_header(tmp_path: Path) -> None:
    """Commas inside cells do not make a semicolon file a comma file."""
    assert rows(tmp_path, "name;note\nAda;a,b,c,d\n") == [(2, ["Ada", "a,b,c,d"])]


def test_bytes_that_are_not_utf_8_are_counted(tmp_path: Path) -> None:
    """A byte that is no UTF-8 is read as Windows-1252 and counted; right UTF-8 beside it stays right."""
    content = "name,note\nZoë,".encode() + b"caf\xe9 \x93x\x94 \x81\n"
    _, found, _, repairs = table(written(tmp_path, content))
    assert found == [(2, ["Zoë", "café “x” \x81"])]
    assert repairs == {"bytes read as Windows-1252": 4}


def test_text_cut_in_the_middle_of_a_character(tmp_path: Path) -> None:
    """Half a character at the end of a UTF-16 file is counted."""
    _, found, _, repairs = table(written(tmp_path, "a,b\n1,2".encode("utf-16") + b"\x41"))
    assert found == [(2, ["1", "2\ufffd"])]
    assert repairs == {"characters that cannot be decoded": 1}


def test_nul_characters_are_counted(tmp_path: Path) -> None:
    """NUL characters are left out and counted; a line of nothing else is a blank line."""
    _, found, _, repairs = table(written(tmp_path, b"name,note\nA\0da,x\n\0\0\0\nBob,y\n"))
    assert found == [(2, ["Ada", "x"]), (4, ["Bob", "y"])]
    assert repairs == {"NUL characters left out": 4}


def test_quoted_line_breaks_keep_line_numbers(tmp_path: Path) -> None:
    """A row is numbered by the line it begins on, after cells of several lines and blank lines too."""
    content = '\n\nname,"no\nte"\nAda,"one\ntwo\r\nthree"\n\n , \n,\nBob,x\n'
    header, found, rejected, _ = table(written(tmp_path, content))
    assert header == ["name", "no\nte"]
    assert found == [(5, ["Ada", "one\ntwo\r\nthree"]), (11, ["Bob", "x"])]
    assert rejected == []


def test_short_rows_are_padded(tmp_path: Path) -> None:
    """Spreadsheets drop trailing separators: the missing cells are blank."""
    assert rows(tmp_path, "a,b,c\n1\n1,2\n") == [(2, ["1", "", ""]), (3, ["1", "2", ""])]


def test_long_rows(tmp_path: Path) -> None:
    """Blank cells beyond the header are cut off; a filled one makes the row unreadable."""
    _, found, rejected, _ = table(written(tmp_path, "a,b\n1,2, ,\n1,2,3\n4,5\n"))
    assert found == [(2, ["1", "2"]), (4, ["4", "5"])]
    assert [(row.line, row.reason, row.raw) for row in rejected] == [(3, "3 cells, but the header has 2", "1,2,3")]


def test_lone_carriage_return_inside_a_cell(tmp_path: Path) -> None:
    """In a file of line feeds a carriage return is part of its cell, quoted or not."""
    content = 'a,b\n1,x\ry\n2,"x\ry\nz"\n3,x\r\ry\n'
    assert rows(tmp_path, content) == [(2, ["1", "x\ry"]), (3, ["2", "x\ry\nz"]), (5, ["3", "x\r\ry"])]


def test_a_stray_quote_costs_its_own_row_only(tmp_path: Path) -> None:
    """The rows an unclosed quote swallows are found again."""
    content = 'a,b,c\n1,ok,x\n2,"broken,x\n3,ok,x\n4,"fi,ne",x\n5,ok,x\n'
    _, found, rejected, _ = table(written(tmp_path, content))
    assert [(line, row[0]) for line, row in found] == [(2, "1"), (4, "3"), (5, "4"), (6, "5")]
    assert [(row.line, row.raw) for row in rejected] == [(3, '2,"broken,x')]
    assert rejected[0].reason.startswith("unbalanced quotes")


def test_a_broken_row_of_several_lines_is_one_rejected_row(tmp_path: Path) -> None:
    """What belongs to a broken row is not taken for rows of its own."""
    content = 'a,b,c\n1,"one\ntwo\nthree"x,y\n2,ok,x\n3,"one\ntwo",x,y\n4,ok,x\n'
    _, found, rejected, _ = table(written(tmp_path, content))
    assert [(line, row[0]) for line, row in found] == [(5, "2"), (8, "4")]
    assert [(row.line, row.raw) for row in rejected] == [(2, '1,"one\ntwo\nthree"x,y'), (6, '3,"one\ntwo",x,y')]


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param('2,"one "quoted" word\nand, commas\nend",x,y', id="quotes nobody doubled"),
        pytest.param('2,"a 5" pipe\nand, commas\nend",x,y', id="an inch mark"),
        pytest.param('2,one\nand, commas\nend",x,y', id="no opening quote"),
        pytest.param('2,"one\nand, commas\nend,x,y', id="no closing quote"),
        pytest.param('2,"one\n"and, commas\nend",x,y', id="a quote too many"),
    ],
)
@pytest.mark.parametrize("after", ["", '3,"two\nlines",x,y\n4,ok,x,y\n', '3,ok,x,y\n4,"say ""yes""",x,y\n'])
def test_the_rest_of_a_broken_row_is_never_a_row(tmp_path: Path, broken: str, after: str) -> None:
    """Lines of a broken answer do not become rows, and no row around them is lost."""
    before = "".join(f"{number},ok,x,y\n" for number in range(20))
    _, found, rejected, _ = table(written(tmp_path, f"a,b,c,d\n{before}{broken}\n{after}"))
    assert [row[0] for _, row in found[20:]] == (["3", "4"] if after else [])
    assert len(found) == (22 if after else 20)
    assert "\n".join(row.raw for row in rejected) == broken
    assert rejected[0].line == 22


def test_short_rows_of_a_file_full_of_them(tmp_path: Path) -> None:
    """Where many rows are short, a broken row does not take the short rows around it with it."""
    short = "".join(f"{number},ok\n" for number in range(10))
    _, found, rejected, _ = table(written(tmp_path, f'a,b,c,d\n{short}9,"broken" x\n{short}'))
    assert [row[0] for _, row in found] == [*map(str, range(10)), *map(str, range(10))]
    assert [row.line for row in rejected] == [12]


def test_an_unclosed_quote_at_the_end(tmp_path: Path) -> None:
    """A quote never closed does not take the last rows with it."""
    content = 'a,b\n1,"x\n' + "".join(f"{n},y\n" for n in range(2, 6))
    _, found, rejected, _ = table(written(tmp_path, content))
    assert [line for line, _ in found] == [3, 4, 5, 6]
    assert [row.line for row in rejected] == [2]


def test_a_quote_that_swallows_more_than_a_cell_may_hold(tmp_path: Path) -> None:
    """Past csv's field limit the swallowed rows are found again too."""
    content = 'a,b\n1,"x\n' + "".join(f"{n},{'y' * 90}\n" for n in range(5_000))
    _, found, rejected, _ = table(written(tmp_path, content))
    assert len(found) == 5_000
    assert found[0][0] == 3
    assert [row.line for row in rejected] == [2]


def test_a_cell_too_large(tmp_path: Path) -> None:
    """A cell beyond csv's field limit is rejected, its text cut, and reading goes on."""
    content = f"a,b\n1,{'x' * 140_000}\n2,y\n"
    _, found, rejected, _ = table(written(tmp_path, content))
    assert found == [(3, ["2", "y"])]
    assert rejected[0].line == 2
    assert rejected[0].reason == "a cell longer than 131,072 characters"
    assert len(rejected[0].raw) == 2_000


def test_an_endless_line_is_not_loaded(tmp_path: Path) -> None:
    """A line beyond the limit is skipped in pieces; memory stays small and the next row is read."""
    path = tmp_path / "export.csv"
    with path.open("wb") as out:
        out.write(b'a,b\n1,x\n2,"open\n')
        for _ in range(64):
            out.write(b"y" * (1 << 20))
        out.write(b"\n3,z\n")
    tracemalloc.start()
    _, found, rejected, _ = table(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == [(2, ["1", "x"]), (5, ["3", "z"])]
    assert [(row.line, row.reason) for row in rejected] == [
        (3, "unbalanced quotes"),
        (4, "a line longer than 1,000,000 characters"),
    ]
    assert peak < 40 << 20


def test_hostile_quotes_do_not_cost_quadratic_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines that each swallow all after them are given up together once enough was read again."""
    monkeypatch.setattr(delimited, "REREAD_LIMIT", 20_000)
    monkeypatch.setattr(delimited, "REREAD_SHARE", 1)
    monkeypatch.setattr(delimited, "RECORD_LIMIT", 2_000)
    content = "a,b,c\n" + 'x","\n' * 5_000 + "1,2,3\n"
    _, found, rejected, _ = table(written(tmp_path, content))
    assert found == []
    left_out = [re.search(r"lines (\d+) to (\d+)", row.reason) for row in rejected]
    counts = [int(span[2]) - int(span[1]) + 1 if span else 1 for span in left_out]
    assert sum(counts) == 5_001
    assert len(rejected) < 200


def test_raw_text_is_cut(tmp_path: Path) -> None:
    """A rejected row keeps no more than 2,000 characters."""
    _, _, rejected, _ = table(written(tmp_path, f"a,b\n1,2,{'x' * 5_000}\n"))
    assert len(rejected[0].raw) == 2_000
