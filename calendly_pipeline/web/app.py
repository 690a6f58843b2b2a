"""The ASGI app, put together. What belongs here: composition. What does not: any behaviour."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from starlette.applications import Starlette

from calendly_pipeline.contacts.review_snapshot import Snapshot
from calendly_pipeline.environment import state_url
from calendly_pipeline.home import Home
from calendly_pipeline.settings_file import load_settings
from calendly_pipeline.state import State
from calendly_pipeline.web.bodies import Limits
from calendly_pipeline.web.desk import Desk
from calendly_pipeline.web.desk_sign_in import Access
from calendly_pipeline.web.health import health_route
from calendly_pipeline.web.intake import Intake
from calendly_pipeline.web.webhooks import Receiver

DEFAULT_LIMITS = Limits()


def utc_now() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


def create_app(home: Home, *, now: Callable[[], datetime] = utc_now, limits: Limits = DEFAULT_LIMITS) -> Starlette:
    """The app of one firm; its store is opened when the server starts and closed when it stops."""
    intake = Intake(State(state_url(home)), limits.commit_seconds)
    receiver = Receiver(intake, limits, now)
    desk = Desk(Snapshot(home.desk), intake.state, Access.from_environment(now), now, home.quality)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await intake.open()
        yield
        await intake.close()
        desk.snapshot.close()

    webhooks = receiver.routes(load_settings(home.settings_file))
    app = Starlette(routes=[health_route(intake.state), *webhooks, *desk.routes()], lifespan=lifespan)
    app.router.redirect_slashes = False  # Calendly takes a redirect for a failure
    app.state.intake = intake
    app.state.outcomes = receiver.outcomes
    return app
