"""The review desk's routes: who may, which page, which answer.

What belongs here: HTTP in, HTTP out. What does not: cases and answers (contacts/review_*.py), sign-in
(desk_sign_in.py), how a value is shown (desk_text.py). Reads the published snapshot and the state store, never the
warehouse.
"""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from calendly_pipeline.contacts.decisions import record, undo
from calendly_pipeline.contacts.review_snapshot import Snapshot
from calendly_pipeline.failures import InputError, StoreError
from calendly_pipeline.state import State
from calendly_pipeline.web.bodies import Refused
from calendly_pipeline.web.desk_guard import Form, Guard, read_form, require_token
from calendly_pipeline.web.desk_pages import Pages
from calendly_pipeline.web.desk_sign_in import (
    COOKIE,
    LOCAL_NAMES,
    SESSION_HOURS,
    Access,
    TooManyAttempts,
    Visitor,
    is_local,
    peer_of,
)
from calendly_pipeline.web.desk_views import Views
from calendly_pipeline.web.quality_pages import quality_page

STATIC = Path(__file__).with_name("static")
LONGEST_NAME = 100

log = logging.getLogger(__name__)
Show = Callable[[Request, Visitor], Response]
Act = Callable[[Request, Visitor, Form], Response]


class Desk:
    """The desk of one firm."""

    def __init__(
        self, snapshot: Snapshot, state: State, access: Access, now: Callable[[], datetime], quality: Path
    ) -> None:
        self.snapshot = snapshot
        self._quality_folder = quality
        self._state = state
        self._access = access
        self._now = now
        self._pages = Pages()
        self._views = Views(snapshot, state)

    def routes(self) -> list[BaseRoute]:
        """Everything under /desk."""
        pages = [
            Route("/", self._page(self._queue)),
            Route("/case/{identity_id}", self._page(self._case)),
            Route("/case/{identity_id}", self._action(self._answer), methods=["POST"]),
            Route("/search", self._action(self._search), methods=["POST"]),
            Route("/decisions", self._page(self._decisions)),
            Route("/undo", self._action(self._undo), methods=["POST"]),
            Route("/rules", self._page(self._rules)),
            Route("/rules/{rule}", self._page(self._rule)),
            Route("/rules/{rule}", self._action(self._confirm_all), methods=["POST"]),
            Route("/explain", self._page(self._ask)),
            Route("/explain", self._action(self._explain_said), methods=["POST"]),
            Route("/explain/{kind}/{key:path}", self._page(self._explain)),
            Route("/quality/", self._page(self._quality)),
            Route("/quality/{name}", self._page(self._quality)),
            Route("/sign-in", self._sign_in_form, methods=["GET"]),
            Route("/sign-in", self._sign_in, methods=["POST"]),
            Route("/sign-out", self._action(self._sign_out), methods=["POST"]),
            Route("/static/{name}", self._static),
        ]
        return [
            Route("/desk", lambda _: RedirectResponse("/desk/", 307)),
            Mount("/desk", routes=pages, middleware=[Middleware(Guard), Middleware(ExceptionMiddleware)]),
        ]

    def _queue(self, request: Request, visitor: Visitor) -> Response:
        return self._shown("queue.html", visitor, **self._views.queue(_done(request)))

    def _case(self, request: Request, visitor: Visitor) -> Response:
        told = self._views.case(request.path_params["identity_id"], _done(request))
        if told is None:
            message = "This case is answered, or no longer asked about."
            return self._shown("message.html", visitor, 404, title="Not waiting", message=message)
        return self._shown("case.html", visitor, **told)

    def _answer(self, request: Request, visitor: Visitor, form: Form) -> Response:
        identity_id = request.path_params["identity_id"]
        following = self._views.following(identity_id)
        answer = self._views.answer(identity_id, form)
        (first, *_) = record(self._state, answer, visitor.name, self._now())
        return _to(f"case/{following}" if following else "", first)

    def _search(self, request: Request, visitor: Visitor, form: Form) -> Response:
        told = self._views.found(form.one("case"), form.one("q"))
        is_part = request.headers.get("x-part") == "1"
        if not is_part and told["case"] is None:
            raise InputError("This case is answered, or no longer asked about.")
        return self._shown("_found.html" if is_part else "found.html", visitor, **told)

    def _decisions(self, request: Request, visitor: Visitor) -> Response:
        return self._shown("decisions.html", visitor, **self._views.decisions(_done(request)))

    def _undo(self, _request: Request, visitor: Visitor, form: Form) -> Response:
        said = form.one("decision")
        chosen = int(said) if said.isdecimal() else self._views.last_of(visitor.name)
        if chosen is None:
            raise InputError("There is no answer of yours to undo.")
        (first, *_) = undo(self._state, chosen, visitor.name, self._now())
        back = self._views.waiting_again(first)
        return _to(f"case/{back}" if back else "decisions", first)

    def _rules(self, _request: Request, visitor: Visitor) -> Response:
        return self._shown("rules.html", visitor, **self._views.rules())

    def _rule(self, request: Request, visitor: Visitor) -> Response:
        return self._shown("rule.html", visitor, **self._views.rule(request.path_params["rule"]))

    def _confirm_all(self, request: Request, visitor: Visitor, form: Form) -> Response:
        answer = self._views.confirm_all(request.path_params["rule"], form.all("case"))
        (first, *_) = record(self._state, answer, visitor.name, self._now())
        return _to("", first)

    def _ask(self, _request: Request, visitor: Visitor) -> Response:
        return self._shown("explain.html", visitor, kind="address", lines=[], decisions=[])

    def _explain_said(self, _request: Request, visitor: Visitor, form: Form) -> Response:
        return self._shown("explain.html", visitor, **self._views.explain(form.one("kind"), form.one("key").strip()))

    def _explain(self, request: Request, visitor: Visitor) -> Response:
        told = self._views.explain(request.path_params["kind"], request.path_params["key"])
        return self._shown("explain.html", visitor, **told)

    def _quality(self, request: Request, _visitor: Visitor) -> Response:
        return quality_page(self._quality_folder, request.path_params.get("name", ""))

    def _sign_out(self, request: Request, _visitor: Visitor, _form: Form) -> Response:
        self._access.sign_out(request)
        answer = RedirectResponse("/desk/sign-in", 303)
        answer.delete_cookie(COOKIE, path="/desk")
        return answer

    async def _static(self, request: Request) -> Response:
        kinds = {"desk.css": "text/css", "desk.js": "text/javascript"}
        name = request.path_params["name"]
        if name not in kinds:
            return Response("There is no such file.", 404, media_type="text/plain")
        return Response((STATIC / name).read_bytes(), media_type=kinds[name])

    async def _sign_in_form(self, request: Request) -> Response:
        if not self._access.is_configured:
            return self._not_configured(request)
        return self._sign_in_page(request)

    async def _sign_in(self, request: Request) -> Response:
        if not self._access.password_hash:
            return self._not_configured(request)
        try:
            form = await read_form(request)
            require_token(request, form, self._access.sign_in_token())
        except Refused as refused:
            return self._sign_in_page(request, refused.reason, refused.status)
        name = form.one("name").strip()[:LONGEST_NAME]
        if not name:
            return self._sign_in_page(request, "Say who you are: the name stands with each decision.", 400)
        try:
            cookie = await run_in_threadpool(self._access.sign_in, name, form.one("password"), peer_of(request))
        except TooManyAttempts:
            log.warning("desk: too many wrong passwords")
            return self._sign_in_page(request, "Too many wrong passwords. Wait a quarter of an hour.", 429)
        if cookie is None:
            log.warning("desk: wrong password")
            return self._sign_in_page(request, "The password is not right.", 401)
        answer = RedirectResponse("/desk/", 303)
        answer.set_cookie(
            COOKIE,
            cookie,
            max_age=SESSION_HOURS * 3600,
            path="/desk",
            httponly=True,
            samesite="strict",
            secure=not is_local(request),
        )
        return answer

    def _sign_in_page(self, request: Request, problem: str = "", status: int = 200) -> Response:
        told = {"problem": problem, "sign_in_token": self._access.sign_in_token()}
        has_password = bool(self._access.password_hash)
        is_lost = has_password and not is_local(request) and request.url.scheme != "https" and not problem
        return self._pages.show("sign_in.html", status, has_password=has_password, is_insecure=is_lost, **told)

    def _not_configured(self, request: Request) -> Response:
        """Without a way to sign in nobody sees anything; who sits at this machine is told how to make one."""
        if peer_of(request) not in LOCAL_NAMES:
            return Response("Not Found", 404, media_type="text/plain")
        return self._pages.show("not_configured.html", 503)

    def _page(self, show: Show) -> Callable[[Request], Awaitable[Response]]:
        async def page(request: Request) -> Response:
            visitor = self._access.visitor(request)
            if visitor is None:
                return self._refuse(request)
            return await self._tried(visitor, lambda: show(request, visitor))

        return page

    def _action(self, act: Act) -> Callable[[Request], Awaitable[Response]]:
        async def action(request: Request) -> Response:
            visitor = self._access.visitor(request)
            if visitor is None:
                return self._refuse(request)
            try:
                form = await read_form(request)
                require_token(request, form, visitor.token)
            except Refused as refused:
                return self._shown("message.html", visitor, refused.status, title="Refused", message=refused.reason)
            return await self._tried(visitor, lambda: act(request, visitor, form))

        return action

    def _refuse(self, request: Request) -> Response:
        if not self._access.is_configured:
            return self._not_configured(request)
        if request.method == "POST":
            return self._sign_in_page(request, "You are signed out. Sign in and answer again.", 401)
        return RedirectResponse("/desk/sign-in", 303)

    async def _tried(self, visitor: Visitor, work: Callable[[], Response]) -> Response:
        try:
            return await run_in_threadpool(work)
        except InputError as error:
            return self._shown("message.html", visitor, 409, title="That did not work", message=str(error))
        except StoreError as error:
            return self._shown("message.html", visitor, 503, title="Nothing to show", message=str(error))
        except SQLAlchemyError as error:
            log.error("desk: the state store refused: %s", type(error).__name__)
            message = "The state store does not answer; nothing was kept. Try again."
            return self._shown("message.html", visitor, 503, title="Nothing was kept", message=message)
        except Exception as error:  # its message may quote people's data
            log.error("desk: %s", type(error).__name__)
            message = "This page failed. Nothing was kept."
            return self._shown("message.html", visitor, 500, title="An error of ours", message=message)

    def _shown(self, template: str, visitor: Visitor, status: int = 200, **told: Any) -> Response:
        return self._pages.show(template, status, visitor=visitor, **told)


def _done(request: Request) -> int | None:
    said = request.query_params.get("done", "")
    return int(said) if said.isdecimal() and len(said) < 12 else None


def _to(path: str, done: int) -> Response:
    return RedirectResponse(f"/desk/{path}?done={done}", 303)
