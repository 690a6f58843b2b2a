"""A person out of landing and the drop folders: each file is rewritten whole or not at all, and only when needed."""

import gzip
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from calendly_pipeline.addresses import Holds, fold, mentions, without
from calendly_pipeline.disk import write_durably
from calendly_pipeline.failures import UnreadableFile
from calendly_pipeline.home import Home
from calendly_pipeline.sources.forgotten_json import Forgetting
from calendly_pipeline.sources.forgotten_rows import forget_rows
from calendly_pipeline.sources.landing import LandedFile, content, forget_in, landed_files, write_manifest
from calendly_pipeline.sources.pages import finished_pulls, forgotten_line, page_files, rewrite

Count = Callable[[str, int], None]
"""Told where something was found, and how many rows or records."""
INVITEE_PAGES = ("invitees", "invitee")


def delete_leftovers(home: Home) -> None:
    """Delete what killed runs left in landing under temporary names; nothing runs meanwhile."""
    for path in home.landing.rglob(".*"):
        if path.is_file() and path.suffix != ".lock":
            path.unlink()


def erase_from_landed_files(home: Home, holds: Holds, count: Count, *, is_applied: bool) -> None:
    """Rows of landed files. The manifest is written first: what it then promises is what a second try brings about."""
    for file in landed_files(home):
        path = content(home, file)
        kept, place = forget_in(path, file, holds)
        if kept != file or place != path:
            count("landed files", max(kept.erased_count - file.erased_count, 1))
        if is_applied and (kept != file or place != path):
            write_manifest(home, kept)
            place.replace(path)
        elif place != path:
            place.unlink()


def erase_from_drop_folders(home: Home, holds: Holds, count: Count, *, is_applied: bool) -> list[str]:
    """Rows of files in the drop folders; returns those that name the person and are no table, for a person to delete.

    A file that is landed gets the bytes that landing keeps, so that it does not land again.
    """
    landed = {file.file_id: file for file in landed_files(home)}
    left = []
    for path in home.dropped_files():
        relative = path.relative_to(home.data)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".erase-") as folder:
            new = Path(folder) / path.name
            try:
                found = forget_rows(path, relative.parts[0], holds, new).count
            except UnreadableFile:
                left.append(relative.as_posix())
                continue
            if found:
                count("files in the drop folders", found)
            if found and is_applied:
                _put_back(home, path, new, landed)
        name = without(path.name, holds)
        if name != path.name:
            count("files in the drop folders", 1)
            if is_applied:
                path.rename(path.with_name(name))
    return left


def _put_back(home: Home, path: Path, new: Path, landed: dict[str, LandedFile]) -> None:
    before = path.stat()
    with path.open("rb") as source:
        sha256 = hashlib.file_digest(source, "sha256").hexdigest()
    twin = landed.get(f"{path.relative_to(home.data).parts[0]}:{sha256}")
    if twin is not None and twin.kept_sha256:
        shutil.copyfile(content(home, twin), new)
    shutil.copymode(path, new)
    os.utime(new, ns=(before.st_atime_ns, before.st_mtime_ns))
    with new.open("rb") as written:
        os.fsync(written.fileno())
    new.replace(path)


def erase_from_pages(
    home: Home, holds: Holds, deliveries: Iterable[str], count: Count, *, is_applied: bool
) -> frozenset[str]:
    """What APIs answered. Returns the ids of Calendly events that nobody else attended.

    Those events go first: who attended them must still be there when a killed erasure is started again.
    """
    deserted = deserted_events(home, holds, deliveries)
    nobody: Holds = lambda _: False  # noqa: E731 - a name for what it says
    if deserted:
        _sweep(home, Forgetting(nobody, deserted), sorted(deserted), count, is_applied)
    _sweep(home, Forgetting(holds), [], count, is_applied)
    for name, manifest in finished_pulls(home):
        if mentions(json.dumps(manifest), holds):
            count("manifests of pulls", 1)
            if is_applied:
                _rewrite_json(home.landing / name, manifest, holds)
    return deserted


def deserted_events(home: Home, holds: Holds, deliveries: Iterable[str]) -> frozenset[str]:
    """Ids of Calendly events whose every known invitee is to be forgotten."""
    forgotten: dict[str, set[str]] = defaultdict(set)
    others: dict[str, set[str]] = defaultdict(set)
    for invitee in _invitees(home, deliveries):
        event = re.search(r"/scheduled_events/([^/]+)", str(invitee.get("uri") or ""))
        if event:
            is_forgotten = holds(fold(str(invitee.get("email") or "")))
            (forgotten if is_forgotten else others)[event[1].lower()].add(str(invitee["uri"]))
    return frozenset(event for event in forgotten if not others[event])


def _invitees(home: Home, deliveries: Iterable[str]) -> Iterable[dict[str, Any]]:
    for path in page_files(home, ("calendly",)):
        for line in _lines(path):
            if not any(f'"kind": "{kind}"'.encode() in line[:80] for kind in INVITEE_PAGES):
                continue
            body = json.loads(line)["body"]
            found = body.get("collection") or body.get("resource") or []
            yield from [found] if isinstance(found, dict) else found
    for text in deliveries:
        try:
            payload = json.loads(text).get("payload")
        except (ValueError, AttributeError, RecursionError):
            continue
        if isinstance(payload, dict):
            yield payload


def _sweep(home: Home, forgetting: Forgetting, ids: list[str], count: Count, is_applied: bool) -> None:
    for path in page_files(home):
        lines = _lines(path)
        left = [line if ids and not _names_one(line, ids) else forgotten_line(line, forgetting) for line in lines]
        changed = sum(old != new for old, new in zip(lines, left, strict=True))
        if changed:
            count("answers of APIs", changed)
            if is_applied:
                rewrite(path, left)


def _names_one(line: bytes, ids: list[str]) -> bool:
    folded = line.lower()
    return any(event.encode() in folded for event in ids)


def _lines(path: Path) -> list[bytes]:
    return gzip.decompress(path.read_bytes()).splitlines(keepends=True)


def _rewrite_json(path: Path, document: Any, holds: Holds) -> None:
    left = Forgetting(holds)
    text = json.dumps({key: left.value(value) for key, value in document.items()}, indent=1)
    write_durably(path, without(text, holds).encode(), mode=0o644)
