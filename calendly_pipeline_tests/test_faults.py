"""A firm's home through kills, full disks, jumping clocks and hostile files: nothing is lost, nothing doubled."""

import os
import random
import resource
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calendly_pipeline.execution import open_instance
from calendly_pipeline.failures import UnreadableFile
from calendly_pipeline.home import Home
from calendly_pipeline.settings import Settings
from calendly_pipeline.sources import calendly_csv
from calendly_pipeline.sources.landing import content, land, landed_files
from calendly_pipeline.sources.loading import load_folder, refresh_files
from calendly_pipeline.warehouse import content_hash, prepare, table_names
from calendly_pipeline_tests.conftest import FaultTable, Outcome, Tables

FIRM = Settings.model_validate({"firm": {"time_zone": "America/New_York"}})
DAY = datetime(2026, 7, 1, tzinfo=UTC)
WRITTEN_AT = datetime(2026, 6, 30, 18, tzinfo=UTC).timestamp()
"""Files that were dropped at the same moment in every home: their rows carry it."""
ARRIVAL = "select * exclude (landed_at) from sources.files order by all"
"""When a file landed is the machine's own time, which no two homes share; no other column of any table tells it."""
HEADER = (
    "Invitee Email,Invitee Name,Start Date & Time,End Date & Time,Event Type Name,User Email,Event UUID,Invitee UUID"
)


def export(rows: int, first: int = 0) -> str:
    """An export of so many bookings."""
    lines = [
        f"person{n % 7}@client.example,Person {n},2026-06-{n % 28 + 1:02} {n % 9 + 1:02}:00 am,"
        f"2026-06-{n % 28 + 1:02} {n % 9 + 1:02}:30 am,Review,dana@firm.example,e-{n:08},i-{n:08}"
        for n in range(first, first + rows)
    ]
    return "\n".join([HEADER, *lines]) + "\n"


def firm(root: Path, rows: int = 60) -> Home:
    """A home with an export and an address book."""
    home = Home(root)
    home.create()
    home.settings_file.write_text('[firm]\ntime_zone = "America/New_York"\n', encoding="utf-8")
    (home.drop_folder("calendly") / "export.csv").write_text(export(rows), encoding="utf-8")
    cards = "".join(f"{n},Person {n},person{n}@client.example\n" for n in range(7))
    (home.drop_folder("contacts") / "lacrm.csv").write_text(f"Contact Id,Name,Email\n{cards}", encoding="utf-8")
    for file in home.data.glob("*/*.csv"):
        os.utime(file, (WRITTEN_AT, WRITTEN_AT))
    return home


def start(home: Home, *arguments: str, before: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    """A command in a process of its own, at a fixed clock."""
    variables = {
        **os.environ,
        "PIPELINE_HOME": str(home.root),
        "PIPELINE_AS_OF": "2026-07-01T12:00:00Z",
        "COLUMNS": "300",
    }
    command = [*before, sys.executable, "-m", "calendly_pipeline.cli", *(arguments or ("run",))]
    return subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def run(home: Home, *arguments: str) -> None:
    """A command that must succeed."""
    process = start(home, *arguments)
    said, _ = process.communicate(timeout=500)
    assert process.returncode == 0, said


def hashes(home: Home) -> dict[str, str]:
    """Content hash of every table, and the rows of the one that tells of the files' arrival, without that time."""
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        prepare(connection)
        found = {name: content_hash(connection, name) for name in table_names(connection)}
        return {**found, "sources.files": str(connection.execute(ARRIVAL).fetchall())}


def compare(outcome: Outcome, home: Home, expected: dict[str, str]) -> None:
    """Tables that differ count as lost, contents or meetings that are there twice as doubled."""
    found = hashes(home)
    wrong = [name for name in expected.keys() | found.keys() if found.get(name) != expected.get(name)]
    if wrong:
        print("not as after a run left in peace:", *wrong)
    outcome.lost += len(wrong)
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        query = "select count(*) - count(distinct source_event_id) from meetings.meetings"
        outcome.doubled += connection.execute(query).fetchall()[0][0]
    outcome.doubled += len(landed_files(home)) - 2


def killed(root: Path, kills: int, seed: int) -> Outcome:
    """`kill -9` a whole `run` on a new home at a random moment, until so many were hit; the next run completes it."""
    outcome, chance = Outcome(), random.Random(seed)
    whole = firm(root / "whole")
    began = time.monotonic()
    run(whole)
    seconds, expected = time.monotonic() - began, hashes(whole)
    for number in count():
        if outcome.tried == kills:
            return outcome
        home = firm(root / f"home{number}")
        process = start(home)
        time.sleep(chance.uniform(0.2, 1) * seconds)
        outcome.tried += process.poll() is None
        process.kill()
        process.communicate()
        run(home)
        compare(outcome, home, expected)
    raise AssertionError("count never ends")


@pytest.mark.faults
@pytest.mark.timeout(3600)
def test_kills_of_a_whole_run(tmp_path: Path, fault_table: FaultTable) -> None:
    """kill -9 at random moments of a whole run; the next one ends with the tables of a run left in peace."""
    outcome = killed(tmp_path, kills=20, seed=2)
    shown = "the run is marked as failed; the next one completes it"
    fault_table.add("`kill -9` in a whole run", **vars(outcome), shown=shown)
    assert outcome.is_clean


@pytest.mark.faults
@pytest.mark.timeout(3600)
def test_two_runs_at_once(tmp_path: Path, fault_table: FaultTable) -> None:
    """Two runs started together on one home: one waits for the other, both succeed, the tables are those of one."""
    outcome = Outcome()
    whole = firm(tmp_path / "whole")
    run(whole)
    expected = hashes(whole)
    for number in range(5):
        home = firm(tmp_path / f"home{number}")
        both = [start(home), start(home)]
        said = [process.communicate(timeout=800)[0] for process in both]
        assert [process.returncode for process in both] == [0, 0], said
        outcome.tried += 1
        compare(outcome, home, expected)
    fault_table.add("two runs started at once", **vars(outcome), shown="the second waits for the first")
    assert outcome.is_clean


def test_a_new_home_is_opened_by_several_at_once(tmp_path: Path) -> None:
    """Whoever starts first makes Dagster's databases, the others wait for them; none fails."""

    def opened(root: Path) -> int:
        home = Home(root)
        home.create()
        with open_instance(home) as instance:
            return instance.get_runs_count()

    with ThreadPoolExecutor(4) as several:
        for number in range(2):
            assert list(several.map(opened, [tmp_path / f"home{number}"] * 4)) == [0] * 4


@pytest.mark.faults
@pytest.mark.timeout(1800)
def test_a_clock_that_jumps(tmp_path: Path, fault_table: FaultTable) -> None:
    """The clock jumps a year ahead, two years back and to the present again: the tables are the present's."""
    outcome = Outcome()
    home = firm(tmp_path / "home")
    run(home)
    expected = hashes(home)
    for moment in ("2027-07-01T12:00:00Z", "2025-07-01T12:00:00Z"):
        run(home, "run", "--as-of", moment)
        outcome.tried += 1
        run(home)
        compare(outcome, home, expected)
    fault_table.add(
        "the clock jumps a year ahead, two years back", **vars(outcome), shown="numbers of that day; right again after"
    )
    assert outcome.is_clean


MOUNT = """
mount -t tmpfs -o size="$1" tmpfs "$2" && cp -a "$3/." "$2" && shift 3 && "$@"
code=$?
cp -a "$OUT_FROM/." "$OUT_TO"
exit $code
"""


SIZES = ("4m", "6m", "9m", "12m", "16m")
"""Of a disk: from one that holds little more than the dropped files to one that lacks the last tables."""


@pytest.mark.faults
@pytest.mark.timeout(3600)
def test_a_disk_that_fills_up(tmp_path: Path, fault_table: FaultTable, monkeypatch: pytest.MonkeyPatch) -> None:
    """On disks of several sizes, each too small, a run says so; with room, what was left becomes the right tables."""
    outcome = Outcome()
    whole = firm(tmp_path / "whole", rows=20_000)
    run(whole)
    expected = hashes(whole)
    for number, size in enumerate(SIZES):
        source, place, left = (tmp_path / f"{name}{number}" for name in ("source", "place", "left"))
        firm(source, rows=20_000)
        place.mkdir()
        left.mkdir()
        monkeypatch.setenv("OUT_FROM", str(place))
        monkeypatch.setenv("OUT_TO", str(left))
        before = ("unshare", "-rm", "sh", "-c", MOUNT, "sh", size, str(place), str(source))
        process = start(Home(place), before=before)
        said, _ = process.communicate(timeout=500)
        if "unshare" in said or "mount:" in said:
            pytest.skip("this machine lets nobody mount in a namespace of their own")
        assert process.returncode == 1, said
        assert "The disk is full" in said, said
        assert "Traceback" not in said
        outcome.tried += 1
        home = Home(left)
        run(home)
        compare(outcome, home, expected)
    fault_table.add("a disk that fills up in a run", **vars(outcome), shown="`The disk is full`; exit 1")
    assert outcome.is_clean


def changing(home: Home, versions: int) -> Outcome:
    """Rewrite a dropped file in pieces as fast as possible while it is landed over and over."""
    outcome = Outcome()
    path = home.drop_folder("calendly") / "export.csv"
    whole = {export(rows) for rows in range(1, versions + 1)}
    done = threading.Event()

    def write() -> None:
        for rows in range(1, versions + 1):
            text = export(rows)
            with path.open("w", encoding="utf-8") as out:
                for start in range(0, len(text), 200):
                    out.write(text[start : start + 200])
                    out.flush()
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not done.is_set():
        outcome.tried += len(land(home, DAY).unsettled)
    writer.join()
    land(home, DAY)
    found = [content(home, file).read_text(encoding="utf-8") for file in landed_files(home)]
    outcome.lost = int(export(versions) not in found)
    outcome.doubled = len(found) - len(set(found))
    assert whole & set(found)
    return outcome


def test_a_file_that_changes_while_it_is_read(tmp_path: Path) -> None:
    """Whatever moment a file is copied at, no content is landed twice, and the last one is there."""
    home = Home(tmp_path / "home")
    home.create()
    assert changing(home, 25).is_clean


@pytest.mark.faults
def test_a_file_that_changes_four_hundred_times(tmp_path: Path, fault_table: FaultTable) -> None:
    """The same for 400 versions."""
    home = Home(tmp_path / "home")
    home.create()
    outcome = changing(home, 400)
    fault_table.add(
        "a file that changes while it is read", **vars(outcome), shown="`still_changing` in the metadata of the files"
    )
    assert outcome.is_clean


def half_written(tables: Tables, home: Home, cuts: list[int]) -> Outcome:
    """Land an export cut at every given place, then the whole one: every booking once, as the whole file says it."""
    outcome = Outcome(tried=len(cuts))
    text = export(30)
    path = home.drop_folder("calendly") / "export.csv"
    for number, cut in enumerate(cuts):
        path.write_bytes(text.encode()[:cut])
        land(home, DAY + timedelta(minutes=number))
    path.write_text(text, encoding="utf-8")
    land(home, DAY + timedelta(days=1))
    refresh_files(tables.connection, home, FIRM)
    load_folder(tables.connection, home, FIRM, "calendly")
    tables.run_stage("sources", "meetings", settings=FIRM)
    found = Counter(row["source_event_id"] for row in tables.rows("meetings.meetings"))
    wanted = {f"e-{n:08}" for n in range(30)}
    outcome.lost = len(wanted - set(found))
    outcome.doubled = sum(found.values()) - len(wanted & set(found))
    people = {(row["source_event_id"], row["email"]) for row in tables.rows(PEOPLE)}
    assert people == {(f"e-{n:08}", f"person{n % 7}@client.example") for n in range(30)}
    return outcome


PEOPLE = "select source_event_id, email from meetings.attendees inner join meetings.meetings using (meeting_id)"


def test_a_half_written_export(tables: Tables, tmp_path: Path) -> None:
    """Exports cut off in a row, in an id and behind a line, then the whole one: every booking is there once."""
    home = Home(tmp_path / "home")
    home.create()
    size = len(export(30))
    assert half_written(tables, home, [size - 3, size // 2, len(HEADER) + 1, 5]).is_clean


@pytest.mark.faults
def test_an_export_cut_anywhere(tables: Tables, tmp_path: Path, fault_table: FaultTable) -> None:
    """The same cut at 200 places."""
    home = Home(tmp_path / "home")
    home.create()
    chance = random.Random(3)
    cuts = sorted({chance.randrange(1, len(export(30))) for _ in range(200)})
    outcome = half_written(tables, home, cuts)
    fault_table.add(
        "an export landed half-written, then whole", **vars(outcome), shown="a rejected row of the cut file"
    )
    assert outcome.is_clean


CORPUS = """
||"|""|,|=1+1|'; drop table meetings.meetings; --|null|NaN|-1|1e999|9999-12-31 11:59 pm|0001-01-01 12:00 am
|2026-02-30 09:00 am|2026-03-08 02:30 am|a@b|a@b@c|@|<script>|$as_of|{}|[]|true
""".replace("\n", "").split("|")
CORPUS += [" ", "\n", "\r", "\0", "\ufeff", "\u202e", "x" * 5000, "ada@client.example\0", "Ж" * 300]


def hostile(tables: Tables, home: Home, rows: list[list[str]], name: str) -> Outcome:
    """Land an export of hostile rows between good ones; every record is a row or a reject, every good one a meeting."""
    lines = [",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row) for row in rows]
    good = export(20).splitlines()
    text = "\n".join([good[0], *lines, *good[1:]]) + "\n"
    path = home.drop_folder("calendly") / name
    with path.open("w", encoding="utf-8", newline="") as out:
        out.write(text)
    land(home, DAY)
    refresh_files(tables.connection, home, FIRM)
    load_folder(tables.connection, home, FIRM, "calendly")
    tables.run_stage("sources", "meetings", settings=FIRM)
    assert tables.bad_rows("sources", "every_row_is_accounted_for") == []
    assert tables.bad_rows("meetings", "every_booking_is_a_meeting") == []
    found = Counter(row["source_event_id"] for row in tables.rows("meetings.meetings"))
    (held,) = tables.rows("select sum(rows_count + rejected_count)::bigint as n from sources.files")
    blank = sum(not "".join(cell.strip("\0 \n\r\t") for cell in row) for row in rows)
    lost = sum(found[f"e-{n:08}"] == 0 for n in range(20)) + max(len(rows) - blank + 20 - held["n"], 0)
    return Outcome(len(rows), lost, sum(max(found[f"e-{n:08}"] - 1, 0) for n in range(20)))


def hostile_rows(number: int, seed: int) -> Iterator[list[str]]:
    """Rows of the corpus and of good cells."""
    chance = random.Random(seed)
    for n in range(number):
        cells = export(1, first=1000 + n).splitlines()[1].split(",")
        for index in chance.sample(range(8), chance.randint(1, 4)):
            cells[index] = chance.choice(CORPUS)
        yield cells


def test_hostile_rows(tables: Tables, tmp_path: Path) -> None:
    """Three hundred rows of the corpus: each is a row or a reject, and the good rows among them are meetings."""
    home = Home(tmp_path / "home")
    home.create()
    assert hostile(tables, home, list(hostile_rows(300, 1)), "corpus.csv").is_clean


@pytest.mark.faults
@pytest.mark.timeout(900)
def test_ten_thousand_hostile_rows(tables: Tables, tmp_path: Path, fault_table: FaultTable) -> None:
    """10,000 rows: half of the corpus, half of any text there is."""
    home = Home(tmp_path / "home")
    home.create()
    drawn: list[list[str]] = []

    @settings(
        max_examples=250,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        database=None,
    )
    @given(st.lists(st.lists(st.text(max_size=60), min_size=8, max_size=8), min_size=20, max_size=20))
    def draw(rows: list[list[str]]) -> None:
        drawn.extend(rows)

    draw()
    rows = [*hostile_rows(10_000 - min(len(drawn), 5_000), 2), *drawn[:5_000]]
    outcome = hostile(tables, home, rows, "hostile.csv")
    fault_table.add(
        "hostile rows (a corpus and hypothesis)",
        **vars(outcome),
        shown="`sources.rejected_rows` names each with its reason",
    )
    assert outcome.is_clean


def endless(path: Path, size: int) -> tuple[int, list[str]]:
    """Rows and rejects' reasons of an export whose second line has so many bytes."""
    good = export(3).splitlines(keepends=True)
    with path.open("w", encoding="utf-8") as out:
        out.write(good[0] + good[1])
        piece = "x" * (1 << 20)
        for _ in range(size >> 20):
            out.write(piece)
        out.write("\n" + good[2] + good[3])
    batches = list(calendly_csv.read(path))
    return sum(len(batch.columns["line"]) for batch in batches), [
        row.reason for batch in batches for row in batch.rejected
    ]


def test_a_line_of_eight_megabytes(tmp_path: Path) -> None:
    """A line beyond any limit is one reject, and the rows around it are read."""
    assert endless(tmp_path / "export.csv", 8 << 20) == (3, ["a line longer than 1,000,000 characters"])


@pytest.mark.faults
@pytest.mark.timeout(900)
def test_a_line_of_two_gigabytes(tmp_path: Path, fault_table: FaultTable) -> None:
    """Two gigabytes without a line end: one reject, the rows around it, and less than 200 MB more memory."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rows, reasons = endless(tmp_path / "export.csv", 2 << 30)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    (tmp_path / "export.csv").unlink()
    assert reasons == ["a line longer than 1,000,000 characters"]
    assert grown < 200, f"{grown:.0f} MB"
    fault_table.add(
        "a line of 2 GB", tried=1, lost=3 - rows, doubled=0, shown="one rejected row; the rows around it count"
    )
    assert rows == 3


def test_what_is_no_export_is_refused(tmp_path: Path) -> None:
    """An endless first line is no header: the file is refused, with the remedy."""
    path = tmp_path / "export.csv"
    path.write_text("x" * 2_000_000)
    with pytest.raises(UnreadableFile, match="endless"):
        list(calendly_csv.read(path))
