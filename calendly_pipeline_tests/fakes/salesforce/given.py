"""A fake Salesforce that listens, and its token, short to say."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from calendly_pipeline_tests.fakes.salesforce.bulk import TOKEN, filled_firm
from calendly_pipeline_tests.fakes.salesforce.server import SalesforceServer
from calendly_pipeline_tests.fakes.salesforce.world import LINK_KEY, LINK_OBJECT, World
from calendly_pipeline_tests.fakes.serving import Served

DATA = "/services/data/v64.0/"
UPSERT = f"composite/sobjects/{LINK_OBJECT}/{LINK_KEY}"


@dataclass
class Org:
    """The server, its address and who asks."""

    server: SalesforceServer
    url: str
    http: httpx.Client

    @property
    def world(self) -> World:
        """What the server knows."""
        return self.server.world

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """The answer to one request below the API's version."""
        return self.http.request(method, DATA + path, **request)

    def query(self, soql: str) -> list[dict[str, Any]]:
        """The first page of a query."""
        return self.ask("GET", "query/", params={"q": soql}).raise_for_status().json()["records"]

    def write(self, path: str, *records: dict[str, Any], of: str = LINK_OBJECT) -> list[dict[str, Any]]:
        """The results of a collection request."""
        body = {"allOrNone": False, "records": [{"attributes": {"type": of}, **record} for record in records]}
        return self.ask("PATCH", path, json=body).raise_for_status().json()

    def refusal(self, method: str, path: str, **request: Any) -> tuple[int, str]:
        """Status and code of a request that is refused."""
        answer = self.ask(method, path, **request)
        (error,) = answer.json()
        assert set(error) == {"message", "errorCode"}
        return answer.status_code, error["errorCode"]


@contextmanager
def salesforce(users: int = 0, **details: Any) -> Iterator[Org]:
    """A firm with Calendly's package and so many users."""
    server = SalesforceServer(filled_firm(users), **details)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with Served(server) as served, httpx.Client(base_url=served.url, headers=headers) as http:
        yield Org(server, served.url, http)
