"""The receiver's routes: who sends, may they, and an answer only after the commit.

What belongs here: HTTP in, HTTP out, and to which account a delivery belongs. What does not: how a signature is made
(signatures.py), how a body is read (bodies.py) and kept (intake.py).
"""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from calendly_pipeline.environment import secret
from calendly_pipeline.failures import StateError
from calendly_pipeline.settings import Settings
from calendly_pipeline.web import signatures
from calendly_pipeline.web.bodies import Limits, Refused, read_body, require_plain, require_single_headers
from calendly_pipeline.web.intake import Intake, delivery_of
from calendly_pipeline.web.signatures import Fault

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Vendor:
    """One platform that sends webhooks."""

    platform: str
    header: str
    media_types: frozenset[str]
    fault: Callable[[str | None, bytes, str, datetime], Fault | None]
    keys: Mapping[str, str]  # account -> variable that holds its key


class Receiver:
    """Takes deliveries in and counts what became of them."""

    def __init__(self, intake: Intake, limits: Limits, now: Callable[[], datetime]) -> None:
        self.outcomes: Counter[str] = Counter()
        self._intake = intake
        self._limits = limits
        self._now = now

    def routes(self, settings: Settings) -> list[Route]:
        """`/webhooks/<platform>` and `/webhooks/<platform>/<account>` of both platforms."""
        return [
            Route(path, self._endpoint(vendor), methods=["POST"])
            for vendor in vendors(settings)
            for path in (f"/webhooks/{vendor.platform}", f"/webhooks/{vendor.platform}/{{account}}")
        ]

    def _endpoint(self, vendor: Vendor) -> Callable:
        async def receive(request: Request) -> Response:
            named = request.path_params.get("account")
            shown = _shown(vendor, named)
            try:
                await self._receive(vendor, named, request)
            except Refused as refused:
                self.outcomes[f"{shown}: {refused.reason}"] += 1
                log.warning("%s refused: %d %s", shown, refused.status, refused.reason)
                return refused.response()
            self.outcomes[f"{shown}: kept"] += 1
            return JSONResponse({"status": "kept"})

        return receive

    async def _receive(self, vendor: Vendor, named: str | None, request: Request) -> None:
        keys = _configured(vendor, _candidates(vendor, named))
        require_single_headers(request, vendor.header)
        require_plain(request, vendor.media_types)
        raw = await read_body(request, self._limits)
        now = self._now()
        account = _sender(vendor, keys, request.headers.get(vendor.header), raw, now)
        try:
            await self._intake.keep(delivery_of(vendor.platform, account, raw, now))
        except StateError:
            raise Refused(503, "not kept; send it again") from None


def vendors(settings: Settings) -> tuple[Vendor, Vendor]:
    """Both platforms with the accounts of pipeline.toml."""
    json_only = frozenset({"application/json"})
    return (
        Vendor(
            "calendly",
            signatures.CALENDLY_HEADER,
            json_only,
            signatures.calendly_fault,
            {account.name: account.webhook_key_env for account in settings.calendly_accounts()},
        ),
        Vendor(
            "calcom",
            signatures.CALCOM_HEADER,
            json_only | {"application/x-www-form-urlencoded"},  # what a template that is no JSON is sent as
            signatures.calcom_fault,
            {account.name: account.webhook_secret_env for account in settings.calcom_accounts()},
        ),
    )


def _shown(vendor: Vendor, named: str | None) -> str:
    """Platform and account for logs: never a name that a stranger made up."""
    possible = [named] if named is not None else _candidates(vendor, None)
    return f"{vendor.platform}/{possible[0] if len(possible) == 1 and possible[0] in vendor.keys else '-'}"


def _candidates(vendor: Vendor, named: str | None) -> list[str]:
    """The accounts a delivery may belong to: the one named; else the only one, or `default`; else any."""
    if named is not None:
        if named not in vendor.keys:
            raise Refused(404, "no such account")
        return [named]
    return ["default"] if "default" in vendor.keys else list(vendor.keys)


def _configured(vendor: Vendor, accounts: list[str]) -> dict[str, str]:
    """Account -> key, of those whose key is set; refuses when none is, naming the variables."""
    keys = {account: secret(vendor.keys[account]) for account in accounts}
    if not any(keys.values()):
        missing = ", ".join(sorted({vendor.keys[account] for account in accounts}))
        raise Refused(503, f"not set: {missing}")
    return {account: key for account, key in keys.items() if key}


def _sender(vendor: Vendor, keys: Mapping[str, str], header: str | None, raw: bytes, now: datetime) -> str:
    """The account whose key made the signature; refuses when none did."""
    faults = {account: vendor.fault(header, raw, key, now) for account, key in keys.items()}
    for account, fault in faults.items():
        if fault is None:
            return account
    reason = Fault.STALE if Fault.STALE in faults.values() else next(iter(faults.values()))
    raise Refused(401, str(reason))
