"""The fake Calendly over HTTP: routes, tokens, scopes; the gate in front of it adds limits, faults and the record."""

import copy
import json
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from calendly_pipeline_tests.fakes.calendly import reads, writes
from calendly_pipeline_tests.fakes.calendly.calls import Answer, Call
from calendly_pipeline_tests.fakes.calendly.paging import Pager
from calendly_pipeline_tests.fakes.calendly.refusals import Refused, refused
from calendly_pipeline_tests.fakes.calendly.tokens import OAuthError, Tokens
from calendly_pipeline_tests.fakes.calendly.world import World
from calendly_pipeline_tests.fakes.faults import Faults
from calendly_pipeline_tests.fakes.gate import Gate, Recorded
from calendly_pipeline_tests.fakes.limits import Limit

ENDPOINTS: tuple[tuple[str, str, str, Callable[[Call], Answer]], ...] = (  # the busiest first
    ("GET", "/scheduled_events/{uuid}/invitees", "scheduled_events:read", reads.invitees),
    ("GET", "/scheduled_events", "scheduled_events:read", reads.events),
    ("GET", "/scheduled_events/{uuid}", "scheduled_events:read", reads.event),
    ("GET", "/scheduled_events/{uuid}/invitees/{invitee_uuid}", "scheduled_events:read", reads.invitee),
    ("POST", "/scheduled_events/{uuid}/cancellation", "scheduled_events:write", writes.cancel),
    ("GET", "/users/{uuid}", "users:read", reads.user),
    ("GET", "/organizations/{uuid}", "organizations:read", reads.organization),
    ("GET", "/organization_memberships", "organizations:read", reads.memberships),
    ("GET", "/organization_memberships/{uuid}", "organizations:read", reads.membership),
    ("GET", "/event_types", "event_types:read", reads.event_types),
    ("GET", "/event_types/{uuid}", "event_types:read", reads.event_type),
    ("POST", "/invitee_no_shows", "scheduled_events:write", writes.create_no_show),
    ("GET", "/invitee_no_shows/{uuid}", "scheduled_events:read", reads.no_show),
    ("DELETE", "/invitee_no_shows/{uuid}", "scheduled_events:write", writes.delete_no_show),
    ("GET", "/groups", "groups:read", reads.groups),
    ("GET", "/groups/{uuid}", "groups:read", reads.group),
    ("GET", "/routing_forms", "routing_forms:read", reads.forms),
    ("GET", "/routing_forms/{uuid}", "routing_forms:read", reads.form),
    ("GET", "/routing_form_submissions", "routing_forms:read", reads.submissions),
    ("GET", "/routing_form_submissions/{uuid}", "routing_forms:read", reads.submission),
    ("GET", "/webhook_subscriptions", "webhooks:read", reads.webhooks),
    ("POST", "/webhook_subscriptions", "webhooks:write", writes.create_webhook),
    ("GET", "/webhook_subscriptions/{uuid}", "webhooks:read", reads.webhook),
    ("DELETE", "/webhook_subscriptions/{uuid}", "webhooks:write", writes.delete_webhook),
    ("POST", "/scheduling_links", "scheduling_links:write", writes.scheduling_link),
)


class CalendlyServer:
    """An ASGI app around one world; `Served(server)` listens, `server.world` changes what it says."""

    def __init__(
        self, world: World, *, limit: Limit | None = None, faults: Faults | None = None, latency: float = 0.0
    ) -> None:
        self.world = world
        self.limit = limit or Limit(500)  # paid plans (Calendly API reference)
        self.oauth_limit = Limit(8)  # token calls per user (Calendly API reference)
        self.tokens = Tokens()
        self.pager = Pager()
        self.clock: Callable[[], datetime] = lambda: self.world.now  # instant of a change made over HTTP
        self.includes_bounds = False  # whether an event that starts exactly at min or max_start_time is listed
        server_error = json.dumps(refused(500).body).encode()
        self.gate = Gate(self._routes(), self._limit_of, b"{}", server_error, faults=faults, latency=latency)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.gate(scope, receive, send)

    @property
    def requests(self) -> deque[Recorded]:
        """What came in, oldest first."""
        return self.gate.requests

    @property
    def faults(self) -> Faults:
        """Faults on demand."""
        return self.gate.faults

    def keep_state(self) -> None:
        """The fault `stale` answers from the world as it is now."""
        earlier = CalendlyServer(copy.deepcopy(self.world))
        earlier.tokens, earlier.pager = self.tokens, self.pager
        self.gate.copy = earlier.gate.app

    def on_request(self, hook: Callable[[Recorded], None]) -> None:
        """Call this before each request is answered."""
        self.gate.on_request(hook)

    def _limit_of(self, path: str, authorization: str) -> tuple[Limit, str]:
        if path.startswith("/oauth/"):
            return self.oauth_limit, "oauth"
        token = authorization.partition(" ")[2]
        grant = self.tokens.grants.get(token)
        return self.limit, grant.user if grant else token  # the budget is the user's, not the token's

    def _routes(self) -> Starlette:
        routes = [
            Route(path, self._endpoint(scope, answer), methods=[method]) for method, path, scope, answer in ENDPOINTS
        ]
        oauth = (("token", self._token), ("introspect", self._introspect), ("revoke", self._revoke))
        routes += [Route(f"/oauth/{name}", endpoint, methods=["POST"]) for name, endpoint in oauth]
        routes.append(Route("/oauth/authorize", self._authorize))
        app = Starlette(routes=routes)
        app.router.default = _not_found
        return app

    def _endpoint(self, scope: str, answer: Callable[[Call], Answer]) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            try:
                call = await self._call(request)
                call.needs_scope(scope)
                status, body = answer(call)
            except Refused as no:
                status, body = no.status, no.body
            return _json(status, body)

        return endpoint

    async def _call(self, request: Request) -> Call:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        grant = self.tokens.find(token) if scheme.lower() == "bearer" else None
        if grant is None or self.world.role_of(grant.user) is None:
            raise refused(401)
        url = str(request.url).partition("?")[0]
        body = await request.body() if request.method == "POST" else b""
        query = dict(parse_qsl(request.url.query, keep_blank_values=True))
        path = dict(request.path_params)
        return Call(self.world, self.pager, grant, self.clock(), url, path, query, body, self.includes_bounds)

    async def _authorize(self, request: Request) -> Response:
        """The owner agrees at once."""
        asked = request.query_params
        try:
            code = self.tokens.authorize(
                asked["client_id"],
                asked["redirect_uri"],
                asked.get("code_challenge"),
                asked.get("scope", ""),
                self.world.owner,
            )
        except OAuthError as no:
            return _json(no.status, no.body)
        back = urlencode({"code": code, **({"state": asked["state"]} if "state" in asked else {})})
        return Response(status_code=302, headers={"location": f"{asked['redirect_uri']}?{back}"})

    async def _token(self, request: Request) -> Response:
        return await _oauth(request, lambda form: self.tokens.token(form, self.world.organization["uri"]))

    async def _introspect(self, request: Request) -> Response:
        return await _oauth(request, self.tokens.introspect)

    async def _revoke(self, request: Request) -> Response:
        return await _oauth(request, self.tokens.revoke_by_client)


async def _oauth(request: Request, answer: Callable[[dict[str, str]], Any]) -> Response:
    form = dict(parse_qsl((await request.body()).decode()))
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        form = {}
    try:
        return _json(200, answer(form) or {})
    except OAuthError as no:
        return _json(no.status, no.body)


async def _not_found(scope: Any, receive: Any, send: Any) -> None:
    await _json(404, refused(404).body)(scope, receive, send)


def _json(status: int, body: Any) -> Response:
    content = b"" if body is None else json.dumps(body).encode()
    return Response(content, status, media_type=None if body is None else "application/json")
