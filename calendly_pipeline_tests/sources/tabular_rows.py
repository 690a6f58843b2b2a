"""What the tests of table files share."""

import codecs
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from calendly_pipeline_tests.sources.files import table, written

PACKED = "".join(f"{number * 7919 % 10007},x\n" for number in range(5_000)).encode()


in_one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def rows(folder: Path, content: str | bytes, name: str = "export.csv") -> list[tuple[int, list[str]]]:
    """Rows of a file in which nothing is rejected."""
    _, found, rejected, _ = table(written(folder, content, name))
    assert rejected == []
    return found


WORDS = st.text(
    st.characters(blacklist_categories=["Cs", "Cc", "Cn"]) | st.sampled_from(list(' ,;\t"\n\r\x85\u2028')), max_size=12
).map(str.strip)


WIDTH = 3


TABLES = st.lists(st.lists(WORDS, min_size=WIDTH, max_size=WIDTH).filter(any), max_size=12)


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
