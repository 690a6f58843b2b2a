"""What holds for any table file whatever is in it."""

import io
import re
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from calendly_pipeline.failures import UnreadableFile
from calendly_pipeline.sources.tabular import open_table
from calendly_pipeline_tests.sources.files import csv_text, table, written
from calendly_pipeline_tests.sources.tabular_rows import STARTS, TABLES, in_one_folder


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


@given(st.sampled_from(STARTS), st.binary(max_size=400))
@in_one_folder
def test_any_bytes_are_read_or_refused(tmp_path: Path, start: bytes, rest: bytes) -> None:
    """Whatever bytes a file holds, reading it ends in rows or in UnreadableFile, in no other error."""
    try:
        header, found, _, _ = table(written(tmp_path, start + rest))
    except UnreadableFile:
        return
    assert all(len(cells) == len(header) for _, cells in found)
