"""Any table file becomes rows with exact line numbers, or rejected rows; nothing is lost and nothing is guessed."""

import codecs
import gzip
import io
import re
import resource
import tracemalloc
import zipfile
from datetime import date, datetime, time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from calendly_pipeline.failures import UnreadableFile
from calendly_pipeline.sources import delimited, file_bytes, records, spreadsheet
from calendly_pipeline.sources.tabular import open_table
from calendly_pipeline_tests.sources.files import archive, csv_text, table, workbook, written

PACKED = "".join(f"{number * 7919 % 10007},x\n" for number in range(5_000)).encode()
in_one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def rows(folder: Path, content: str | bytes, name: str = "export.csv") -> list[tuple[int, list[str]]]:
    """Rows of a file in which nothing is rejected."""
    _, found, rejected, _ = table(written(folder, content, name))
    assert rejected == []
    return found


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


def test_header_only(tmp_path: Path) -> None:
    """A file with a header and no rows is a table without rows, not an error."""
    assert table(written(tmp_path, "a,b\n")) == (["a", "b"], [], [], {})


def test_names_are_not_trusted(tmp_path: Path) -> None:
    """What a file holds counts, not what it is called."""
    packed = gzip.compress(b"a,b\n1,2\n")
    assert rows(tmp_path, packed, "export.csv.gz") == [(2, ["1", "2"])]
    assert rows(tmp_path, packed, "renamed.csv") == [(2, ["1", "2"])]
    book = workbook(tmp_path, [["a", "b"], ["1", "2"]]).read_bytes()
    assert rows(tmp_path, book, "workbook.csv") == [(2, ["1", "2"])]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b"\xef\xbb\xbf", "it is empty"),
        (codecs.BOM_UTF16_LE, "it is empty"),
        (b"\n \r\n,,,\n", "it is empty"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", "it is a PDF, not a table"),
        (b"\n<!DOCTYPE html><html><body>Log in</body></html>", "it is a web page, perhaps a login page, not a table"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "it is an .xls workbook or is protected by a password"),
        (bytes(range(256)) * 20, "it holds binary data, not text"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "it is a picture"),
        (b"a,b\n" + b"\0" * 5_000, "it holds binary data, not text"),
        (gzip.compress(b"a,b\n" + PACKED)[:-300], "the packed file is cut off"),
        (gzip.compress(b"a,b\n1,2\n")[:-4] + b"\1\2\3\4", "the packed file is damaged"),
        (gzip.compress(b"a,b\n" + PACKED)[:300] + b"\xff" * 300, "the packed file is damaged"),
        (gzip.compress(gzip.compress(b"a,b\n1,2\n")), "it is packed twice"),
        (gzip.compress(b""), "it is empty"),
        (gzip.compress(b"%PDF-1.7"), "it is a PDF, not a table"),
        (b"PK\x03\x04" + b"\0" * 60, "the workbook is cut off or damaged"),
        (b'"a,b\n' + b"x" * 3_000_000, "its first line is not a line of column names"),
        (b"x" * 3_000_000, "its first line is endless"),
    ],
)
def test_unreadable_files(tmp_path: Path, content: bytes, reason: str) -> None:
    """A file that is no table at all is refused with the reason and a remedy."""
    path = written(tmp_path, content, "firm.csv")
    with pytest.raises(UnreadableFile) as error:
        table(path)
    assert error.value.reason == reason
    assert error.value.path_name == "firm.csv"
    assert error.value.remedy


def test_missing_file(tmp_path: Path) -> None:
    """A file that cannot be opened is refused like one that cannot be read."""
    with pytest.raises(UnreadableFile, match="cannot be opened"):
        open_table(tmp_path / "gone.csv")
    with pytest.raises(UnreadableFile, match="cannot be opened"):
        open_table(tmp_path)


def test_gzip_bombs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A packed file that unpacks to hundreds of times its size is stopped on the way."""
    monkeypatch.setattr(file_bytes, "RATIO_COUNTS_FROM", 1 << 20)
    path = written(tmp_path, gzip.compress(b"a,b\n" + (b"x" * 999 + b",2\n") * 16_000), "bomb.csv.gz")
    with pytest.raises(UnreadableFile, match="far more than a table"):
        table(path)


def test_workbook_cells(tmp_path: Path) -> None:
    """Cells of a workbook read like cells of the export it was made from."""
    header = ["text", "moment", "day", "hour", "truth", "whole", "float", "part", "id", "nothing"]
    cells = [
        " 1.0 ",
        datetime(2026, 3, 10, 7, 0, 59, 999_900),  # noqa: DTZ001 - spreadsheets know no zones
        date(2026, 3, 10),
        time(7, 5),
        True,
        30,
        30.0,
        12.5,
        "3862515354732873260518907940136",
        None,
    ]
    _, found, _, _ = table(workbook(tmp_path, [header, cells, [None, None, None, None, False]]))
    expected = ["1.0", "2026-03-10 07:01:00", "2026-03-10 00:00:00", "07:05:00", "TRUE", "30", "30", "12.5"]
    assert found[0] == (2, [*expected, "3862515354732873260518907940136", ""])
    assert found[1] == (3, ["", "", "", "", "FALSE", "", "", "", "", ""])


def test_workbook_line_numbers(tmp_path: Path) -> None:
    """Rows of a workbook are numbered as its sheet numbers them; blank rows count."""
    path = workbook(tmp_path, [], [[], ["a", "b", None], [], ["1", "2"], [None, " "], ["3", "4", "5"], ["6"]])
    header, found, rejected, _ = table(path)
    assert header == ["a", "b"]
    assert found == [(4, ["1", "2"]), (7, ["6", ""])]
    assert [(row.line, row.raw) for row in rejected] == [(6, "3,4,5")]


def test_numbers_a_spreadsheet_has_rounded_stay_recognisable(tmp_path: Path) -> None:
    """A long id stored as a number has lost digits; it is not printed as if it had them."""
    _, found, _, _ = table(workbook(tmp_path, [["id"], [3.862515354732873e30], [9007199254740991]]))
    assert found == [(2, ["3.862515354732873e+30"]), (3, ["9007199254740991"])]


def test_unreadable_workbooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Archives, damaged workbooks, workbooks without content and bombs are refused with the reason."""
    book = workbook(tmp_path, [["a", "b"], ["1", "2"]])
    broken = {"xl/workbook.xml": b"<nonsense", "[Content_Types].xml": b"<nonsense"}
    for path, reason in (
        (archive(tmp_path, {"export.csv": b"a,b\n"}, "export.zip"), "it is a zip archive, not a workbook"),
        (archive(tmp_path, broken, "broken.xlsx"), "the workbook is damaged"),
        (written(tmp_path, book.read_bytes()[:-200], "cut.xlsx"), "the workbook is cut off or damaged"),
        (workbook(tmp_path, [], [[" "]], name="blank.xlsx"), "it is empty"),
    ):
        with pytest.raises(UnreadableFile) as error:
            table(path)
        assert error.value.reason == reason
    monkeypatch.setattr(spreadsheet, "UNPACKED_LIMIT", 1_000)
    with pytest.raises(UnreadableFile, match="far more than a table"):
        table(book)


def test_a_workbook_with_an_encrypted_part(tmp_path: Path) -> None:
    """A zip archive whose parts are encrypted is said to be protected."""
    content = bytearray(workbook(tmp_path, [["a"], ["1"]]).read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(UnreadableFile, match="protected by a password"):
        table(written(tmp_path, bytes(content), "locked.xlsx"))


def test_workbook_blocks_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of a workbook come in blocks of bounded size."""
    monkeypatch.setattr(records, "BATCH_ROWS", 100)
    with open_table(workbook(tmp_path, [["a"], *([str(number)] for number in range(250))])) as opened:
        assert [len(block.lines) for block in opened.blocks()] == [100, 100, 50]


def test_a_workbook_damaged_further_down(tmp_path: Path) -> None:
    """A sheet that breaks off after good rows makes the whole file unreadable."""
    book = workbook(tmp_path, [["a", "b"], *([str(n), "x"] for n in range(5_000))])
    with zipfile.ZipFile(book) as source:
        members = {name: source.read(name) for name in source.namelist()}
    members["xl/worksheets/sheet1.xml"] = members["xl/worksheets/sheet1.xml"][:-30_000]
    with pytest.raises(UnreadableFile, match="the workbook is damaged"):
        table(archive(tmp_path, members, "damaged.xlsx"))


def test_blocks_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows and rejected rows come in blocks of bounded size, in the order of the file."""
    monkeypatch.setattr(records, "BATCH_ROWS", 1_000)
    lines = ["a,b"] + ["1,2" if n % 3 else "1,2,3" for n in range(10_000)]
    with open_table(written(tmp_path, "\n".join(lines))) as opened:
        blocks = list(opened.blocks())
    assert max(len(block.lines) for block in blocks) <= 1_500
    numbers = sorted(number for block in blocks for number in (*block.lines, *(row.line for row in block.rejected)))
    assert numbers == list(range(2, 10_002))


def test_blocks_of_nothing_but_broken_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rejected rows are handed on in blocks too."""
    monkeypatch.setattr(records, "BATCH_ROWS", 100)
    with open_table(written(tmp_path, "a,b\n" + '1,"x"y\n1,2\n' * 1_000)) as opened:
        counts = [(len(block.lines), len(block.rejected)) for block in opened.blocks()]
    assert max(map(max, counts)) <= 101
    assert tuple(map(sum, zip(*counts, strict=True))) == (1_000, 1_000)


def test_memory_stays_bounded_over_a_large_file(tmp_path: Path) -> None:
    """A file of 60 MB is read without holding it."""
    path = tmp_path / "large.csv"
    with path.open("w", encoding="utf-8") as out:
        out.write("a,b,c\n")
        for number in range(600_000):
            out.write(f"{number},{'x' * 80},some words\n")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with open_table(path) as opened:
        count = sum(len(block.lines) for block in opened.blocks())
    assert count == 600_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000


WORDS = st.text(
    st.characters(blacklist_categories=["Cs", "Cc", "Cn"]) | st.sampled_from(list(' ,;\t"\n\r\x85\u2028')), max_size=12
).map(str.strip)
WIDTH = 3
TABLES = st.lists(st.lists(WORDS, min_size=WIDTH, max_size=WIDTH).filter(any), max_size=12)


@given(
    TABLES,
    st.sampled_from(",;\t"),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.booleans(),
)
@example([["a", "b\rc", "d"]], ",", "\n", "utf-8", True)
@in_one_folder
def test_what_csv_writes_reads_back(
    tmp_path: Path, cells: list[list[str]], delimiter: str, line_end: str, encoding: str, is_last_line_ended: bool
) -> None:
    """Any rows that csv.writer writes, with any separator, line end and mark, read back with their line numbers."""
    if line_end == "\r":  # csv.writer leaves a line feed unquoted there, which then is a line end
        cells = [[re.sub(r"[\r\n]", " ", cell).strip() for cell in row] for row in cells]
        cells = [row for row in cells if any(row)]
    header = ["first", "second", "third"]
    text = csv_text([header, *cells], line_end, delimiter)
    expected, line = [], 2
    for row in cells:
        expected.append((line, row))
        line += len(
            io.StringIO(csv_text([row], line_end, delimiter), newline="\r" if line_end == "\r" else "\n").readlines()
        )
    content = text if is_last_line_ended else text.removesuffix(line_end)
    found_header, found, rejected, repairs = table(written(tmp_path, content.encode(encoding)))
    assert found_header == header
    assert found == expected
    assert rejected == []
    assert repairs == {}


@given(st.lists(st.text(',";\n\r x', max_size=6), max_size=60), st.booleans())
@in_one_folder
def test_every_word_of_a_hostile_file_is_somewhere(tmp_path: Path, pieces: list[str], is_quoted: bool) -> None:
    """Whatever stands in a file, each word of it is in one row or one rejected row, and lines come in order."""
    text = "".join(f"w{number}.{piece}" for number, piece in enumerate(pieces))
    with open_table(written(tmp_path, "a,b,c\n" + text)) as opened:
        blocks = list(opened.blocks(is_quoted=is_quoted))
    found = [row for block in blocks for row in zip(block.lines, *block.columns, strict=True)]
    rejected = [row for block in blocks for row in block.rejected]
    lines = sorted([row[0] for row in found] + [row.line for row in rejected])
    assert len(lines) == len(set(lines))
    said = sorted(word for row in found for cell in row[1:] for word in re.findall(r"w\d+\.", str(cell)))
    raw = sorted(word for row in rejected for word in re.findall(r"w\d+\.", row.raw))
    assert sorted(said + raw) == sorted(f"w{number}." for number in range(len(pieces)))


STARTS = [
    b"",
    b"a,b\n",
    b"a;b\r",
    b"PK\x03\x04",
    b"\x1f\x8b\x08\0",
    codecs.BOM_UTF8,
    codecs.BOM_UTF16_LE,
    codecs.BOM_UTF32_BE,
]


@given(st.sampled_from(STARTS), st.binary(max_size=400))
@in_one_folder
def test_any_bytes_are_read_or_refused(tmp_path: Path, start: bytes, rest: bytes) -> None:
    """Whatever bytes a file holds, reading it ends in rows or in UnreadableFile, in no other error."""
    try:
        header, found, _, _ = table(written(tmp_path, start + rest))
    except UnreadableFile:
        return
    assert all(len(cells) == len(header) for _, cells in found)
