"""The sample firm's files in an ordinary home, so that they may be sent, and a LACRM that holds its contacts."""

import csv
import json
import os
import shutil
from collections.abc import Container, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx

from calendly_pipeline.destinations.lacrm.fields import lacrm_fields
from calendly_pipeline.execution import RunOutcome, run_job
from calendly_pipeline.home import SAMPLE_MARK, Home
from calendly_pipeline.sample_home import SAMPLE, SAMPLE_AS_OF
from calendly_pipeline.settings import Settings
from calendly_pipeline_tests.fakes.lacrm.bulk import firm
from calendly_pipeline_tests.fakes.lacrm.given import Lacrm
from calendly_pipeline_tests.fakes.lacrm.server import LacrmServer
from calendly_pipeline_tests.fakes.lacrm.world import World
from calendly_pipeline_tests.fakes.serving import Served

EXPORTED_AT = datetime(2026, 6, 30, 6, tzinfo=UTC)
STATES = {"current": "Current", "due": "Due", "overdue": "Overdue", "none": "None on record"}


def sample_firm(root: Path, more: str = "", bookings: Container[str] | None = None) -> Home:
    """A home with the sample's files and settings; `more` is appended to pipeline.toml.

    `bookings` names the exports of bookings that are kept; None: all.
    """
    home = Home(root)
    shutil.copytree(SAMPLE, root, ignore=shutil.ignore_patterns(SAMPLE_MARK, ".gitattributes"))
    for name, moment in json.loads((SAMPLE / SAMPLE_MARK).read_text(encoding="utf-8")).items():
        stamp = datetime.fromisoformat(moment).timestamp()
        if (root / name).exists():
            os.utime(root / name, (stamp, stamp))
    for path in [*home.drop_folder("calendly").iterdir(), *home.drop_folder("calcom").iterdir()]:
        if bookings is not None and path.name not in bookings:
            path.unlink()
    home.create()
    with home.settings_file.open("a", encoding="utf-8") as settings:
        settings.write(f"\n[lacrm]\nrequests_per_second = 100.0\n{more}")
    return home


def refresh(home: Home, as_of: datetime = SAMPLE_AS_OF) -> RunOutcome:
    """One refresh, which must succeed."""
    outcome = run_job(home, "refresh", as_of)
    assert outcome.succeeded, outcome.error
    return outcome


def world_of(home: Home) -> tuple[World, str]:
    """The contacts of the firm's export, with what stands on their cards; and an admin's key."""
    world, key = firm()
    for field in list(world.fields.values()):
        world.remove_field(field.name)
    for field in lacrm_fields(Settings()):
        world.add_field(field.field, field.field_type, options=list(field.options))
    (exported,) = (home.data / "contacts").glob("lacrm*.csv")
    with exported.open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            _add(world, row)
    world.fired.clear()
    return world, key


def _add(world: World, row: dict[str, str]) -> None:
    is_company = row["Is Company"] == "true"
    name = row["Company Name"] if is_company else f"{row['First Name']} {row['Last Name']}".strip()
    emails = [row[column] for column in ("Email", "Email 2", "Email 3") if row[column]]
    contact = world.add(EXPORTED_AT, name, *emails, is_company=is_company)
    del world.contacts[contact.contact_id]
    contact.contact_id = row["Contact Id"]
    world.contacts[contact.contact_id] = contact
    if is_company:
        return
    fields = world.fields_of(contact)
    cells = {name: row[name] for name in fields if row.get(name)}
    if "Review status" in cells:
        cells["Review status"] = STATES.get(cells["Review status"], cells["Review status"])
    contact.custom = {fields[name].field_id: value for name, value in cells.items()}


@contextmanager
def crm_of(home: Home) -> Iterator[Lacrm]:
    """A LACRM with the firm's contacts, listening."""
    world, key = world_of(home)
    server = LacrmServer(world, now=lambda: SAMPLE_AS_OF)
    with Served(server) as served, httpx.Client(base_url=served.url) as http:
        yield Lacrm(server, served.url, key, http)
