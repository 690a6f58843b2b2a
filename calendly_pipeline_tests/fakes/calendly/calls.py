"""One request to the API, and the questions every endpoint asks about it."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from calendly_pipeline_tests.fakes.calendly.catalogue import PLANS
from calendly_pipeline_tests.fakes.calendly.paging import Asked, Listing, Pager
from calendly_pipeline_tests.fakes.calendly.records import API, Record, instant
from calendly_pipeline_tests.fakes.calendly.refusals import invalid, lacks_scope, plan_too_low, refused
from calendly_pipeline_tests.fakes.calendly.tokens import Grant
from calendly_pipeline_tests.fakes.calendly.world import World

Answer = tuple[int, Any]


@dataclass
class Call:
    """A request that carries a known token."""

    world: World
    pager: Pager
    grant: Grant
    now: datetime
    url: str  # without query
    path: dict[str, str]
    query: dict[str, str]
    raw_body: bytes
    includes_bounds: bool = False

    @property
    def user(self) -> str:
        """The user the token belongs to."""
        return self.grant.user

    @property
    def is_admin(self) -> bool:
        """Whether that user may read the whole organization."""
        return self.world.role_of(self.user) in ("owner", "admin")

    def needs_scope(self, *scopes: str) -> None:
        """403 that names the scopes the token lacks."""
        lacking = [scope for scope in scopes if not self.grant.allows(scope)]
        if lacking:
            raise lacks_scope(lacking)

    def needs_plan(self, plan: str) -> None:
        """403 below this plan."""
        if PLANS.index(self.world.plan) < PLANS.index(plan):
            raise plan_too_low(self.world.plan, plan)

    def needs_organization(self) -> None:
        """The `organization` parameter names the caller's own, and the caller may read it as a whole."""
        self.own_organization(self.address("organization", "organizations"))
        if not self.is_admin:
            raise refused(403)

    def own_organization(self, organization: str) -> None:
        """403 for anybody else's organization."""
        if organization != self.world.organization["uri"]:
            raise refused(403)

    def address(self, name: str, family: str) -> str:
        """A required parameter that is a full URI."""
        value = self.query.get(name)
        if not value:
            raise invalid(name, "must be present")
        return full_uri(name, value, family)

    def choice(self, name: str, *allowed: str) -> str | None:
        """An optional parameter with few values."""
        value = self.query.get(name)
        if value is not None and value not in allowed:
            raise invalid(name, f"must be one of: {', '.join(allowed)}")
        return value

    def moment(self, name: str) -> datetime | None:
        """An optional parameter that is an instant."""
        value = self.query.get(name)
        if value is None:
            return None
        try:
            return instant(value)
        except ValueError:
            raise invalid(name, "must be a valid date-time") from None

    def sort(self, *fields: str, usual: str) -> tuple[str, bool]:
        """The field to sort by, and whether downwards."""
        allowed = [f"{field}:{way}" for field in fields for way in ("asc", "desc")]
        field, _, way = (self.choice("sort", *fields, *allowed) or usual).partition(":")
        return field, way == "desc"

    def listed(self, rows: list[Record], field: str, descending: bool = False) -> Answer:
        """A page of these records."""
        by_id = {row["uri"]: row for row in rows}
        keys = sorted((row[field] if row[field] is not None else "", row["uri"]) for row in rows)
        return self.page(Listing(keys, by_id.get, descending))

    def page(self, listing: Listing) -> Answer:
        """A page of a listing."""
        return 200, self.pager.page(Asked(self.url.partition("//")[2].partition("/")[2], self.url, self.query), listing)

    def one(self, table: dict[str, Record], family: str) -> Record:
        """The record of a table of URIs that the path names."""
        found = table.get(f"{API}/{family}/{self.path['uuid']}")
        if found is None:
            raise refused(404)
        return found

    def body(self, *required: str) -> dict[str, Any]:
        """The JSON body with its required keys."""
        try:
            body = json.loads(self.raw_body or b"{}")
        except ValueError:
            raise invalid("body", "is not JSON") from None
        if not isinstance(body, dict):
            raise invalid("body", "must be an object")
        for name in required:
            if body.get(name) in (None, "", []):
                raise invalid(name, "must be present")
        return body


def full_uri(name: str, value: Any, family: str) -> str:
    """The value if it is a full URI of this family."""
    start = f"{API}/{family}/"
    if not isinstance(value, str) or not value.startswith(start) or "/" in value.removeprefix(start):
        raise invalid(name, "is not a valid URI")
    return value
