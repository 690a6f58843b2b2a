"""Salesforce for the contract suite: the sample firm has no Calendly API, so members and managed events are given."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from calendly_pipeline.home import Home
from calendly_pipeline.sample_home import SAMPLE_AS_OF
from calendly_pipeline.warehouse import insert_rows, open_warehouse
from calendly_pipeline_tests.destinations.salesforce_links.given import managed, member, user
from calendly_pipeline_tests.fakes.faults import Faults
from calendly_pipeline_tests.fakes.salesforce.bulk import TOKEN
from calendly_pipeline_tests.fakes.salesforce.given import Org, salesforce
from calendly_pipeline_tests.fakes.salesforce.world import USER_LINK

NAME = "salesforce_links"
SETTINGS = """[destinations.salesforce_links]
batch_size = 8
fields = { name = "Calendly Link Name", type = "Link Type" }
"""
WRITE_PATHS = ("upsert", "update")
MEMBERS = 30
"""With two managed events each: twelve requests of link rows, four of users."""


class SalesforceVendor:
    """The fake, as the suite sees it."""

    def __init__(self, org: Org) -> None:
        self.org = org

    @property
    def faults(self) -> Faults:
        """The server's."""
        return self.org.server.faults

    def writes(self) -> int:
        """Requests that change something."""
        return len(self.org.server.writes())

    def clear(self) -> None:
        """Forget the requests."""
        self.org.server.calls.clear()

    def state(self) -> Any:
        """Link rows by key, and what every user's field holds."""
        users = {row["Id"]: row[USER_LINK] for row in self.org.world.objects["User"].rows.values()}
        return self.org.world.links_by_key(), users

    def doubled(self) -> list[str]:
        """Links that have two rows."""
        counts = Counter(row["Calendly__lnk_URL__c"] for row in self.org.world.links.rows.values())
        return [link for link, count in counts.items() if count > 1]

    def consents(self) -> Any:
        """Salesforce's users have none; who they are must not change either."""
        rows = self.org.world.objects["User"].rows.values()
        return {row["Id"]: (row["Email"], row["Username"], row["IsActive"]) for row in rows}

    def unsubscribe(self, address: str) -> None:
        """Links are no mailing."""

    def addresses(self) -> list[str]:
        """Of every user."""
        return sorted(row["Email"] for row in self.org.world.objects["User"].rows.values())


@contextmanager
def vendor(home: Home, set_variable: Callable[[str, str], None]) -> Iterator[SalesforceVendor]:
    """A Salesforce whose users are the members of Calendly, but for one."""
    with salesforce() as org:
        names = [f"host{number:03}" for number in range(MEMBERS)]
        users = [user(org.world.add_user(f"{name}@firm.example"), f"{name}@firm.example") for name in names[1:]]
        types = [managed(f"{kind}-{name}", name) for name in names for kind in ("review", "intro")]
        pulled = {"platform": "salesforce", "started_at": SAMPLE_AS_OF, "finished_at": SAMPLE_AS_OF}
        with open_warehouse(home.warehouse) as connection:
            insert_rows(connection, "sources.calendly_users", [member(name) for name in names])
            insert_rows(connection, "sources.calendly_event_types", types)
            insert_rows(connection, "sources.salesforce_users", users)
            insert_rows(connection, "sources.pulls", [pulled])
        set_variable("SALESFORCE_INSTANCE_URL", org.url)
        set_variable("SALESFORCE_ACCESS_TOKEN", TOKEN)
        yield SalesforceVendor(org)
