"""A process that asks for tokens whenever it is told to: `python -m ... AUTH_URL STATE_URL`, then a count per line."""

import asyncio
import json
import sys

from calendly_pipeline.clients.calendly_oauth import OAuthApp, OAuthTokens
from calendly_pipeline.failures import ApiError
from calendly_pipeline.state import State


async def answers() -> None:
    """For every line with a count, that many tokens or the error, as one line of JSON."""
    auth_url, state_url, client_id, client_secret = sys.argv[1:]
    state = State(state_url)
    tokens = OAuthTokens(OAuthApp(auth_url, client_id, client_secret), state, "default")
    said: list[str] = []
    while True:
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()
        line = sys.stdin.readline()
        if not line:
            return
        try:
            said = [await tokens.token() for _ in range(int(line))]
        except ApiError as error:
            said = [f"{type(error).__name__}: {error}"]


if __name__ == "__main__":
    asyncio.run(answers())
