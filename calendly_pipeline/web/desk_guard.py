"""What every answer and every form of the desk must have: security headers, small bodies, a token.

What belongs here: rules that hold for all pages. What does not: who somebody is (desk_sign_in.py).
"""

import hmac
from urllib.parse import parse_qsl

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from calendly_pipeline.web.bodies import Limits, Refused, read_body, require_plain

FORM = frozenset({"application/x-www-form-urlencoded"})
FORM_LIMITS = Limits(body_bytes=256 * 1024)
MOST_FIELDS = 2000

HEADERS = {
    "content-security-policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; "
    "object-src 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}


class Guard:
    """Puts the security headers on every answer, errors included."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        await self.app(scope, receive, guarded)


class Form:
    """Fields of a form; a field may stand several times."""

    def __init__(self, fields: list[tuple[str, str]]) -> None:
        self._fields = fields

    def one(self, name: str) -> str:
        """The field's value; '' when it is missing."""
        return next((value for key, value in self._fields if key == name), "")

    def all(self, name: str) -> list[str]:
        """Every value of the field."""
        return [value for key, value in self._fields if key == name]


async def read_form(request: Request) -> Form:
    """The form that was sent; raises Refused for anything else."""
    require_plain(request, FORM)
    raw = await read_body(request, FORM_LIMITS)
    try:
        return Form(parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="replace"))
    except ValueError:
        raise Refused(400, "not a form") from None


def require_token(request: Request, form: Form, token: str) -> None:
    """Refuse a form that does not come from our own page."""
    from_elsewhere = request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
    if from_elsewhere or not hmac.compare_digest(form.one("token").encode(), token.encode()):
        raise Refused(403, "this form is out of date or not ours; open the page again")
