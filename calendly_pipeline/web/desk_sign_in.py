"""Who may use the desk: a password and a signed cookie, or a header from a trusted proxy.

What belongs here: passwords, sessions, tokens against forged requests, the limit on attempts. What does not: pages.

scrypt of the standard library, at OWASP's setting for it: one dependency less than Argon2, and one password is checked
a few times a day. Sessions are signed with a key of this process: a restart signs everybody out, and there is no
further secret to keep.
"""

import base64
import hashlib
import hmac
import ipaddress
import json
import re
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.requests import Request

from calendly_pipeline.environment import secret
from calendly_pipeline.failures import SettingsError

COOKIE = "desk_session"
SESSION_HOURS = 12
MOST_FAILURES = 5
"""Wrong passwords from one address before it has to wait."""

MOST_FAILURES_IN_ALL = 50
WAIT = timedelta(minutes=15)
LONGEST_PASSWORD = 1000
LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")

_COST, _BLOCK, _LANES = 2**15, 8, 3  # OWASP Password Storage Cheat Sheet: scrypt

_HASH = re.compile(r"scrypt:\d{1,7}:\d{1,2}:\d{1,2}:[\w-]{16,}:[\w-]{43}")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Visitor:
    """Somebody who is signed in."""

    name: str
    token: str
    """Goes with every form; nobody who cannot read our pages knows it."""
    has_session: bool


class TooManyAttempts(Exception):
    """Wrong passwords came too often."""


def hash_password(password: str, cost: int = _COST) -> str:
    """A password's hash as DESK_PASSWORD_HASH holds it."""
    salt = secrets.token_bytes(16)
    return ":".join(
        [
            "scrypt",
            str(cost),
            str(_BLOCK),
            str(_LANES),
            _text(salt),
            _text(_derived(password, salt, cost, _BLOCK, _LANES)),
        ]
    )


def is_password(password: str, kept: str) -> bool:
    """Whether a password has this hash."""
    _, cost, block, lanes, salt, expected = kept.split(":")
    derived = _derived(password, _raw(salt), int(cost), int(block), int(lanes))
    return hmac.compare_digest(derived, _raw(expected))


class Access:
    """Tells who sent a request."""

    def __init__(
        self, password_hash: str | None, header: str | None, proxies: tuple[Network, ...], now: Callable[[], datetime]
    ) -> None:
        self.password_hash = password_hash
        self._header = header
        self._proxies = proxies
        self._now = now
        self._key = secrets.token_bytes(32)
        self._ended: set[str] = set()
        self._failures: dict[str, list[datetime]] = {}
        self._one_at_a_time = threading.Lock()

    @classmethod
    def from_environment(cls, now: Callable[[], datetime]) -> "Access":
        """As DESK_PASSWORD_HASH, DESK_TRUSTED_USER_HEADER and DESK_TRUSTED_PROXIES say; raises SettingsError."""
        kept, header = secret("DESK_PASSWORD_HASH"), secret("DESK_TRUSTED_USER_HEADER")
        proxies = _networks(secret("DESK_TRUSTED_PROXIES") or "")
        if kept is not None and not _HASH.fullmatch(kept):
            raise SettingsError("DESK_PASSWORD_HASH is no hash.", "Make one with: calendly-pipeline review password.")
        if header and not proxies:
            raise SettingsError(
                "DESK_TRUSTED_USER_HEADER is set, but DESK_TRUSTED_PROXIES is not.",
                "Name the proxy's address: anybody else could send that header.",
            )
        return cls(kept, header, proxies, now)

    @property
    def is_configured(self) -> bool:
        """Whether there is any way to sign in."""
        return bool(self.password_hash or self._header)

    def visitor(self, request: Request) -> Visitor | None:
        """Who sent the request; None: nobody we know."""
        named = self._named_by_proxy(request)
        if named:
            return Visitor(named, self._signature(f"proxy\n{named}"), has_session=False)
        session = self._session(request.cookies.get(COOKIE, "")) if self.password_hash else None
        if session is None:
            return None
        return Visitor(session["name"], self._signature(f"session\n{session['id']}"), has_session=True)

    def sign_in(self, name: str, password: str, peer: str) -> str | None:
        """A cookie's value; None for a wrong password. Raises TooManyAttempts."""
        with self._one_at_a_time:  # each check takes memory and a good part of a second
            self._require_patience(peer)
            if not self.password_hash or len(password) > LONGEST_PASSWORD:
                return None
            if not is_password(password, self.password_hash):
                self._failures.setdefault(peer, []).append(self._now())
                return None
            self._failures.pop(peer, None)
        ends = self._now() + timedelta(hours=SESSION_HOURS)
        told = {"name": name, "id": secrets.token_urlsafe(16), "ends": ends.isoformat()}
        body = _text(json.dumps(told).encode())
        return f"{body}.{self._signature(body)}"

    def sign_out(self, request: Request) -> None:
        """End the session for good, also for a copied cookie."""
        session = self._session(request.cookies.get(COOKIE, ""))
        if session is not None:
            self._ended.add(session["id"])

    def sign_in_token(self) -> str:
        """Goes with the sign-in form."""
        return self._signature("sign-in")

    def _named_by_proxy(self, request: Request) -> str | None:
        if not self._header or not is_in(peer_of(request), self._proxies):
            return None
        said = request.headers.getlist(self._header)
        return said[0].strip()[:200] or None if len(said) == 1 else None

    def _session(self, cookie: str) -> dict[str, str] | None:
        body, _, signature = cookie.partition(".")
        if not hmac.compare_digest(self._signature(body).encode(), signature.encode()):
            return None
        session = json.loads(_raw(body))
        is_over = datetime.fromisoformat(session["ends"]) <= self._now()
        return None if is_over or session["id"] in self._ended else session

    def _require_patience(self, peer: str) -> None:
        since = self._now() - WAIT
        self._failures = {
            who: recent for who, times in self._failures.items() if (recent := [at for at in times if at > since])
        }
        in_all = sum(map(len, self._failures.values()))
        if len(self._failures.get(peer, ())) >= MOST_FAILURES or in_all >= MOST_FAILURES_IN_ALL:
            raise TooManyAttempts

    def _signature(self, text: str) -> str:
        return _text(hmac.digest(self._key, text.encode(), "sha256"))


def peer_of(request: Request) -> str:
    """The address at the other end of the connection: never what a header says."""
    return request.client.host if request.client else ""


def is_in(peer: str, networks: tuple[Network, ...]) -> bool:
    """Whether an address lies in one of the networks."""
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return any((mapped or address) in network for network in networks)


def is_local(request: Request) -> bool:
    """Whether the browser reached us as localhost, where a cookie need not be `Secure`."""
    return (request.url.hostname or "") in LOCAL_NAMES


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise SettingsError(f"DESK_TRUSTED_PROXIES: {error}.", "Write addresses or networks with commas.") from error


def _derived(password: str, salt: bytes, cost: int, block: int, lanes: int) -> bytes:
    memory = 2 * 128 * block * (cost + lanes)
    return hashlib.scrypt(password.encode(), salt=salt, n=cost, r=block, p=lanes, maxmem=memory, dklen=32)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
