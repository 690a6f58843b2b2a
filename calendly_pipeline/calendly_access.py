"""The client of a Calendly account: which token, which limits. For every stage that asks Calendly for something.

What belongs here: tokens out of the environment and the state store. What does not: any call.
"""

from calendly_pipeline import environment
from calendly_pipeline.clients.calendly import CalendlyClient
from calendly_pipeline.clients.calendly_oauth import OAuthApp, OAuthTokens, has_consent
from calendly_pipeline.clients.http import StaticToken, TokenSource
from calendly_pipeline.clients.pacing import Deadline
from calendly_pipeline.settings import CalendlyAccount, Settings
from calendly_pipeline.state import State


def calendly_client(
    account: CalendlyAccount, settings: Settings, state: State, seconds: float | None = None
) -> CalendlyClient | None:
    """The client of a Calendly account, for so many seconds; None without a token."""
    tokens = calendly_tokens(account, state)
    if tokens is None:
        return None
    return CalendlyClient(
        environment.calendly_api_url(),
        tokens,
        limit_share=settings.ingest.limit_share,
        concurrency=settings.ingest.concurrency,
        deadline=Deadline(seconds),
    )


def calendly_tokens(account: CalendlyAccount, state: State) -> TokenSource | None:
    """A personal token from the environment, else OAuth once consent was given, else None."""
    personal = environment.secret(account.token_env)
    if personal:
        return StaticToken(personal)
    app = oauth_app()
    return OAuthTokens(app, state, account.name) if app and has_consent(state, account.name) else None


def oauth_app() -> OAuthApp | None:
    """The firm's OAuth app, from the environment."""
    client_id = environment.secret("CALENDLY_CLIENT_ID")
    if client_id is None:
        return None
    return OAuthApp(environment.calendly_auth_url(), client_id, environment.secret("CALENDLY_CLIENT_SECRET"))
