"""The desk of a small firm over real HTTP, and a browser without scripts."""

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import httpx

from calendly_pipeline.web.app import create_app
from calendly_pipeline.web.desk_sign_in import hash_password
from calendly_pipeline_tests.contacts.desk_firm import DeskFirm
from calendly_pipeline_tests.fakes.serving import Served

PASSWORD = "a right long password"  # noqa: S105 - of the tests
HASH = hash_password(PASSWORD, cost=16)
"""Quick to check; the real ones take a third of a second."""


@dataclass
class Browser:
    """Follows links and sends the forms of the page it is on."""

    url: str
    client: httpx.Client
    page: httpx.Response

    def get(self, path: str) -> httpx.Response:
        """Open a page of the desk."""
        self.page = self.client.get(f"{self.url}/desk/{path}")
        return self.page

    def post(self, path: str, token: str | None = None, **fields: str | list[str]) -> httpx.Response:
        """Send a form with the token of the page."""
        data = {"token": self.token if token is None else token, **fields}
        self.page = self.client.post(f"{self.url}/desk/{path}", data=data)
        return self.page

    @property
    def token(self) -> str:
        """The token in the page's forms."""
        found = re.search(r'name="token" value="([^"]+)"', self.page.text)
        return html.unescape(found[1]) if found else ""

    @property
    def text(self) -> str:
        """The page as a person reads it: tags off, blanks joined."""
        body = self.page.text.partition("<main")[2]
        return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", "", body)))

    def sign_in(self, name: str = "dana", password: str = PASSWORD) -> httpx.Response:
        """Through the form."""
        self.get("sign-in")
        return self.post("sign-in", name=name, password=password)

    def case(self, firm: DeskFirm, address: str) -> str:
        """Open the case of an address; returns its path."""
        path = f"case/{firm.case(address).identity_id}"
        self.get(path)
        return path


@contextmanager
def desk_browser(firm: DeskFirm, now: datetime | None = None) -> Iterator[Browser]:
    """The firm's app, served, and a browser that has no page open yet."""
    app = create_app(firm.home, now=lambda: now or firm.now)
    with Served(app) as server, httpx.Client(follow_redirects=True, timeout=30) as client:
        yield Browser(server.url, client, httpx.Response(200, text=""))
