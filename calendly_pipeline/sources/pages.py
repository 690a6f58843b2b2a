"""The archive of what APIs answered: whole files of whole answers, and one manifest per finished pull.

    GET /scheduled_events?... -> data/landing/calendly/<account>/2026-03/<run>/0001.jsonl.gz   one answer a line
    the pull is complete      -> data/landing/calendly/<account>/pulls/<run>.json              what it vouches for

A file is written under another name, synced and renamed, so a crash leaves whole files. What the next pull need not
ask for again is noted in the state store only after the file is there.
"""

import gzip
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from calendly_pipeline.addresses import without
from calendly_pipeline.clients.answer import Answer
from calendly_pipeline.disk import sync_folder, write_durably, writing
from calendly_pipeline.home import PULLS_FOLDER, Home
from calendly_pipeline.sources.forgotten_json import GONE, Forgetting
from calendly_pipeline.suppression import NOBODY, Suppression

ACCOUNT_FOLDER = "account"
"""Stands in for the month of what belongs to no month: users, event types, routing forms."""
COMPRESSION = 5
BOOKING_TOOLS = ("calendly", "calcom")
PLATFORMS = (*BOOKING_TOOLS, "lacrm", "salesforce")


@dataclass(frozen=True)
class Pull:
    """A finished pull: the API vouches for everything that starts in [from_at, to_at), or for the whole list."""

    platform: str
    account: str
    run: str
    mode: str
    from_at: datetime | None  # None: what it lists has no start
    to_at: datetime | None
    started_at: datetime
    finished_at: datetime
    account_address: str
    counts: Mapping[str, float]


class PageWriter:
    """Collects the answers of one run and writes them as files, one per month and flush."""

    def __init__(self, home: Home, platform: str, account: str, run: str, suppression: Suppression = NOBODY) -> None:
        self.folder = home.landing / platform / account
        self.manifests = home.pull_manifests(platform, account)
        self.run = run
        self.files_count = 0
        self.waiting_count = 0
        self._forgetting = Forgetting(suppression.holds) if suppression else None
        self._waiting: dict[str, list[bytes]] = defaultdict(list)

    def add(self, month: str, answer: Answer) -> None:
        """Take an answer for the file of a month (`2026-03`, or ACCOUNT_FOLDER)."""
        line = _line(answer)
        self._waiting[month].append(forgotten_line(line, self._forgetting) if self._forgetting else line)
        self.waiting_count += 1

    def note(self, month: str, kind: str, body: Mapping[str, Any], received_at: datetime) -> None:
        """Take a finding of our own, in the shape of an answer."""
        raw = json.dumps(body, default=_iso).encode()
        self.add(month, Answer(kind, "", received_at, raw, None))

    @property
    def suppressed_count(self) -> int:
        """Records of erased people that were left out."""
        return self._forgetting.people_count if self._forgetting else 0

    def take(self) -> dict[str, list[bytes]]:
        """What waits to be written; nothing waits any more."""
        taken, self._waiting, self.waiting_count = self._waiting, defaultdict(list), 0
        return taken

    def write(self, taken: Mapping[str, list[bytes]]) -> None:
        """Make it durable."""
        for month, lines in taken.items():
            self.files_count += 1
            target = self.folder / month / self.run / f"{self.files_count:04}.jsonl.gz"
            _write(target, gzip.compress(b"".join(lines), COMPRESSION, mtime=0))

    def finish(self, pull: Pull) -> None:
        """Write the manifest that says the pull is complete."""
        body = json.dumps(asdict(pull), default=_iso, indent=1).encode()
        _write(self.manifests / f"{self.run}.json", body)


def page_files(home: Home, platforms: Iterable[str] = PLATFORMS) -> list[Path]:
    """Every landed file of answers, oldest run first."""
    found = (path for platform in platforms for path in (home.landing / platform).glob("*/*/*/*.jsonl.gz"))
    return sorted(found, key=lambda path: (path.parent.name, path.as_posix()))


def finished_pulls(home: Home) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Path below landing and manifest of every complete pull, oldest first."""
    for path in sorted(home.landing.glob(f"*/*/{PULLS_FOLDER}/*.json")):
        yield path.relative_to(home.landing).as_posix(), json.loads(path.read_text(encoding="utf-8"))


def whole_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The answers of one file, for people and tests; the loader reads files in DuckDB."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines)


def forgotten_line(line: bytes, forgetting: Forgetting) -> bytes:
    """A landed line without the people to be forgotten; it says how many were in it. The same line when none was."""
    if not forgetting.may_change(line.decode("utf-8", "replace")):
        return line
    document = json.loads(line)
    before = forgetting.people_count
    body = forgetting.value(document["body"])
    request = without(document["request"], forgetting.holds)
    if (body, request) == (document["body"], document["request"]):
        return line
    if forgetting.people_count == before:
        forgetting.people_count += 1  # named in passing
    count = document.get("suppressed", 0) + forgetting.people_count - before
    left = {**document, "request": request, "suppressed": count, "body": {} if body is GONE else body}
    return json.dumps(left, ensure_ascii=False).encode() + b"\n"


def rewrite(path: Path, lines: Iterable[bytes]) -> None:
    """Put other lines in a landed file's place, whole or not at all; only for people who are to be forgotten."""
    _write(path, gzip.compress(b"".join(lines), COMPRESSION, mtime=0))


def _line(answer: Answer) -> bytes:
    # Inside JSON a line end is only ever blank space between tokens, so this changes nothing of what was said.
    body = answer.raw.replace(b"\n", b" ").replace(b"\r", b" ")
    head = {"kind": answer.kind, "request": answer.request, "received_at": answer.received_at.isoformat()}
    return json.dumps(head)[:-1].encode() + b', "body": ' + body + b"}\n"


def _write(target: Path, content: bytes) -> None:
    with writing("landing"):
        target.parent.mkdir(parents=True, exist_ok=True)
        write_durably(target, content, mode=0o644)
        for folder in _new_folders(target):
            sync_folder(folder)


def _new_folders(target: Path) -> Iterable[Path]:
    """The folders above, whose entries may be as new as the file."""
    return target.parents[1:3]


def _iso(value: Any) -> str:
    return value.isoformat()
