"""A fake LACRM, a firm's home, and pulls between them."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from calendly_pipeline.clients.http import Retry, StaticToken
from calendly_pipeline.clients.lacrm import LacrmClient
from calendly_pipeline.home import Home
from calendly_pipeline.sources.lacrm_pull import pull_lacrm
from calendly_pipeline.sources.page_loading import load_pages
from calendly_pipeline.sources.pages import page_files
from calendly_pipeline.sources.pull_index import PullIndex
from calendly_pipeline.sources.pull_landing import PullReport
from calendly_pipeline.sql_files import sql_files
from calendly_pipeline.state import State
from calendly_pipeline.warehouse import create_schemas, prepare, replace_table
from calendly_pipeline_tests.conftest import PACKAGE
from calendly_pipeline_tests.fakes.lacrm import World
from calendly_pipeline_tests.fakes.lacrm.given import Lacrm, lacrm
from calendly_pipeline_tests.fakes.lacrm.records import Contact

QUICK = Retry(attempts=12, first_wait_seconds=0.01, longest_wait_seconds=0.05)
Row = dict[str, Any]


class Firm:
    """A home with its state store, which pulls from one LACRM."""

    def __init__(self, root: Path, crm: Lacrm) -> None:
        self.home = Home(root)
        self.home.create()
        self.state = State(f"sqlite:///{self.home.data / 'state.db'}")
        self.state.upgrade()
        self.crm = crm
        self.runs = 0

    @property
    def world(self) -> World:
        """What the CRM knows."""
        return self.crm.world

    def pull(self, page_size: int = 10_000, **settings: Any) -> PullReport:
        """One pull."""
        self.runs += 1

        async def run() -> PullReport:
            key = StaticToken(self.crm.key)
            async with LacrmClient(f"{self.crm.url}/v2/", key, per_second=10_000.0, retry=QUICK) as client:
                client.page_size = page_size
                index = PullIndex(self.state, "lacrm", "default")
                run = f"run{self.runs:03}"
                return await pull_lacrm(client, self.home, index, run, lambda _: None, **settings)

        return asyncio.run(run())

    def rows(self) -> dict[str, Row]:
        """`sources.lacrm_contacts` by id, as a new warehouse has it."""
        (model,) = [m for m in sql_files(PACKAGE / "sources" / "sql", "sources") if m.name == "lacrm_contacts"]
        with duckdb.connect() as own:
            prepare(own)
            create_schemas(own)
            load_pages(own, self.home)
            replace_table(own, model.table, model.text, {}, model.grain)
            found = own.execute("select * from sources.lacrm_contacts")
            names = [column[0] for column in found.description or ()]
            rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        for row in rows:
            row |= {name: json.loads(row[name]) for name in ("addresses", "phones", "fields")}
        return {row["contact_key"]: row for row in rows}

    def differences(self) -> list[str]:
        """Ids of those of whom the CRM and our list do not say the same; empty: complete and exact."""
        ours = {key: row for key, row in self.rows().items() if row["is_listed"]}
        theirs = self.world.contacts
        both = ours.keys() & theirs.keys()
        return sorted((ours.keys() ^ theirs.keys()) | {key for key in both if said(ours[key]) != truth(self, key)})

    def files(self) -> list[Path]:
        """Landed files of answers."""
        return page_files(self.home)


def said(row: Row) -> Row:
    """What our row says of a contact."""
    names = ("is_company", "first_name", "last_name", "company", "job_title", "addresses", "phones")
    fields = {name: value for name, value in row["fields"].items() if name not in ("Background Info", "Birthday")}
    lists = {name: sorted(row[name]) for name in ("addresses", "phones")}
    return {**{name: row[name] for name in names}, **lists, "fields": fields}


def truth(firm: Firm, contact_id: str) -> Row:
    """What the CRM knows of a contact, in the same words."""
    contact: Contact = firm.world.contacts[contact_id]
    fields = firm.world.fields_of(contact)
    return {
        "is_company": str(contact.is_company).lower(),
        "first_name": contact.name["FirstName"],
        "last_name": contact.name["LastName"],
        "company": contact.company_name,
        "job_title": contact.job_title,
        "addresses": sorted(entry["Text"] for entry in contact.emails),
        "phones": sorted(entry["Text"] for entry in contact.phones),
        "fields": {name: str(contact.custom.get(field.field_id, "")) for name, field in fields.items()},
    }


@contextmanager
def firm(root: Path, contacts: int = 0, **details: Any) -> Iterator[Firm]:
    """A firm whose LACRM has so many contacts."""
    with lacrm(contacts, **details) as crm:
        own = Firm(root / "firm", crm)
        yield own
        own.state.close()
