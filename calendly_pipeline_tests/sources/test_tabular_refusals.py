"""Files that are no tables, workbooks, and files too large to hold."""

import codecs
import gzip
import resource
import zipfile
from datetime import date, datetime, time
from pathlib import Path

import pytest

from calendly_pipeline.failures import UnreadableFile
from calendly_pipeline.sources import file_bytes, records, spreadsheet
from calendly_pipeline.sources.tabular import open_table
from calendly_pipeline_tests.sources.files import archive, table, workbook, written
from calendly_pipeline_tests.sources.tabular_rows import PACKED, rows


def test_header_only(tmp_path: Path) -> None:
    """A file with a header and no rows is a table without rows, not an error."""
    assert table(written(tmp_path, "a,b\n")) == (["a", "b"], [], [], {})


def test_names_are_not_trusted(tmp_path: Path) -> None:
    """What a file holds counts, not what it is called."""
    packed = gzip.compress(b"a,b\n1,2\n", mtime=0)
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
        (gzip.compress(b"a,b\n" + PACKED, mtime=0)[:-300], "the packed file is cut off"),
        (gzip.compress(b"a,b\n1,2\n", mtime=0)[:-4] + b"\1\2\3\4", "the packed file is damaged"),
        (gzip.compress(b"a,b\n" + PACKED, mtime=0)[:300] + b"\xff" * 300, "the packed file is damaged"),
        (gzip.compress(gzip.compress(b"a,b\n1,2\n", mtime=0), mtime=0), "it is packed twice"),
        (gzip.compress(b"", mtime=0), "it is empty"),
        (gzip.compress(b"%PDF-1.7", mtime=0), "it is a PDF, not a table"),
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
    path = written(tmp_path, gzip.compress(b"a,b\n" + (b"x" * 999 + b",2\n") * 16_000, mtime=0), "bomb.csv.gz")
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
