"""A fake Salesforce and a client of it, short to say."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from calendly_pipeline.clients.http import Retry
from calendly_pipeline.clients.salesforce import SalesforceClient
from calendly_pipeline.clients.salesforce_login import Login, chosen_login
from calendly_pipeline_tests.fakes.salesforce.bulk import TOKEN
from calendly_pipeline_tests.fakes.salesforce.given import Org, salesforce

T = TypeVar("T")
QUICK = Retry(attempts=6, first_wait_seconds=0.01, longest_wait_seconds=0.02)


@dataclass
class Asker:
    """Asks the fake through the client."""

    org: Org
    token: str = TOKEN
    retry: Retry = QUICK
    clients: list[SalesforceClient] = field(default_factory=list)

    def login(self) -> Login:
        """By the token that is there."""
        given = {"SALESFORCE_INSTANCE_URL": self.org.url, "SALESFORCE_ACCESS_TOKEN": self.token}
        login = chosen_login(given.get)
        assert login is not None
        return login

    def asked(self, question: Callable[[SalesforceClient], Awaitable[T]], **client: Any) -> T:
        """The answer to one question, by a new client, which is kept."""

        async def ask() -> T:
            async with SalesforceClient(**{"login": self.login(), "retry": self.retry, **client}) as opened:
                self.clients.append(opened)
                return await question(opened)

        return asyncio.run(ask())


@contextmanager
def asker(users: int = 0, **details: Any) -> Iterator[Asker]:
    """A firm with Calendly's package and so many users, and somebody who asks."""
    with salesforce(users, **details) as org:
        yield Asker(org)


class Leading(HTTPAdapter):
    """Leads what goes to Salesforce's own addresses to the fake."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.asked: list[str] = []

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """To the fake, with the path as it was."""
        self.asked.append(str(request.url))
        parts, fake = urlsplit(str(request.url)), urlsplit(self.url)
        request.url = parts._replace(scheme=fake.scheme, netloc=fake.netloc).geturl()
        return super().send(request, *args, **kwargs)
