"""Whether deliveries can be kept."""

import asyncio

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from calendly_pipeline.state import State, webhook_deliveries

PATIENCE_SECONDS = 5


def health_route(state: State) -> Route:
    """`GET /health`: 200 when the state store answers, else 503; never says where the store is."""

    async def health(_request: Request) -> JSONResponse:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await asyncio.to_thread(_ask, state)
        except (SQLAlchemyError, TimeoutError):
            return JSONResponse({"status": "state store does not answer"}, 503)
        return JSONResponse({"status": "ok"})

    return Route("/health", health)


def _ask(state: State) -> None:
    with state.engine.connect() as connection:
        connection.execute(sa.select(webhook_deliveries.c.delivery_id).limit(1))
