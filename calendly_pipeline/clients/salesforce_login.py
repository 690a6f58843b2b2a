"""How one signs in to Salesforce: a token that is there, or one of the logins of `simple-salesforce`.

Every way names the firm's own address (My Domain): `SALESFORCE_INSTANCE_URL`, e.g. `https://firm.my.salesforce.com`.

    access token          SALESFORCE_ACCESS_TOKEN                                              ends with its session
    client credentials    SALESFORCE_CONSUMER_KEY, SALESFORCE_CONSUMER_SECRET                  a user chosen in the app
    JWT                   SALESFORCE_USERNAME, SALESFORCE_CONSUMER_KEY, SALESFORCE_PRIVATE_KEY_FILE
    password              SALESFORCE_USERNAME, SALESFORCE_PASSWORD, SALESFORCE_SECURITY_TOKEN
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from simple_salesforce.api import Salesforce

from calendly_pipeline.failures import SettingsError

ADDRESS = "SALESFORCE_INSTANCE_URL"
WAYS: Mapping[str, Mapping[str, str]] = {
    "access token": {"session_id": "SALESFORCE_ACCESS_TOKEN"},
    "client credentials": {
        "consumer_key": "SALESFORCE_CONSUMER_KEY",
        "consumer_secret": "SALESFORCE_CONSUMER_SECRET",
    },
    "JWT": {
        "username": "SALESFORCE_USERNAME",
        "consumer_key": "SALESFORCE_CONSUMER_KEY",
        "privatekey_file": "SALESFORCE_PRIVATE_KEY_FILE",
    },
    "password": {
        "username": "SALESFORCE_USERNAME",
        "password": "SALESFORCE_PASSWORD",
        "security_token": "SALESFORCE_SECURITY_TOKEN",
    },
}
"""Way of signing in -> argument of `Salesforce` -> variable; the first whole one is used."""
VARIABLES = (ADDRESS, *dict.fromkeys(name for way in WAYS.values() for name in way.values()))
LOOPBACK = ("127.0.0.1", "localhost", "::1")
CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0


class Login:
    """One complete way of signing in; shows nothing secret."""

    def __init__(self, address: str, way: str, values: Mapping[str, str]) -> None:
        self.address = address.rstrip("/")
        self.way = way
        self._values = dict(values)

    def __repr__(self) -> str:
        return f"Login({self.address!r}, {self.way!r})"

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no message may hold."""
        return tuple(value for name, value in self._values.items() if name not in ("username", "privatekey_file"))

    def connect(self, version: str, session: requests.Session | None = None) -> Salesforce:
        """A session at Salesforce, by requests unless the token is there already; raises what the library raises."""
        session = session or TimedSession()
        sf = Salesforce(**self._arguments(), version=version, session=session)
        if urlsplit(self.address).scheme == "http":  # the library knows https only, which a fake does not speak
            sf.base_url = f"{self.address}/services/data/v{version}/"
        return sf

    def _arguments(self) -> dict[str, Any]:
        if self.way == "access token":
            return {**self._values, "instance_url": self.address}
        host = urlsplit(self.address).hostname or ""
        own = host.removesuffix(".salesforce.com")
        if self.way == "JWT":  # the audience is the login server, the request goes to the firm's own address
            return {**self._values, "instance_url": own, "domain": "test" if ".sandbox." in host else "login"}
        return {**self._values, "domain": own}


class TimedSession(requests.Session):
    """A session whose requests end; the library's logins set no time limit."""

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        """As `requests.Session.request`."""
        return super().request(*args, **{"timeout": (CONNECT_SECONDS, READ_SECONDS), **kwargs})


def chosen_login(value_of: Callable[[str], str | None]) -> Login | None:
    """The login that the variables make whole; None when none of them is set. Raises SettingsError."""
    given = {name: value for name in VARIABLES if (value := value_of(name))}
    if not given:
        return None
    address = _address(given)
    for way, names in WAYS.items():
        if all(variable in given for variable in names.values()):
            if way != "access token" and urlsplit(address).scheme == "http":
                raise SettingsError(f"{ADDRESS}: {address} takes an access token only.", "Set SALESFORCE_ACCESS_TOKEN.")
            return Login(address, way, {argument: given[variable] for argument, variable in names.items()})
    raise SettingsError(f"Salesforce: {_missing(given)}.", "Set it in .env; .env.example shows the four ways.")


def _address(given: Mapping[str, str]) -> str:
    address = given.get(ADDRESS, "").rstrip("/")
    if not address:
        raise SettingsError(
            f"{ADDRESS} is not set, though {sorted(given)[0]} is.",
            f"Set {ADDRESS} to the address in the browser, e.g. https://firm.my.salesforce.com.",
        )
    parts = urlsplit(address)
    if not parts.hostname or parts.path or parts.scheme not in ("https", "http"):
        raise SettingsError(f"{ADDRESS}: {address!r} is no address.", "Write e.g. https://firm.my.salesforce.com.")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise SettingsError(f"{ADDRESS}: {address} would send the token unencrypted.", "Write https://.")
    return address


def _missing(given: Mapping[str, str]) -> str:
    """What the most nearly whole way lacks."""
    lacking = {way: [name for name in names.values() if name not in given] for way, names in WAYS.items()}
    started = [way for way, names in lacking.items() if len(names) < len(WAYS[way])] or ["access token"]
    way = min(started, key=lambda one: len(lacking[one]))
    return f"the {way} login lacks {' and '.join(lacking[way])}"
