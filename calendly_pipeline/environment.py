"""The only place that reads the environment."""

import os
from datetime import UTC, datetime
from pathlib import Path

from dotenv import load_dotenv

from calendly_pipeline.failures import SettingsError
from calendly_pipeline.home import REPOSITORY, Home


def read_dotenv() -> None:
    """Load `.env` beside the settings; variables already set win."""
    load_dotenv(current_home().root / ".env", override=False)


def current_home() -> Home:
    """The home named by PIPELINE_HOME; else the repository."""
    return Home(Path(os.environ.get("PIPELINE_HOME") or REPOSITORY).expanduser().resolve())


def state_url(home: Home) -> str:
    """Where decisions and the ledger are kept: PIPELINE_STATE_URL; else (for the sample always) SQLite in the home.

    Raises StateError while a restore is half done: nobody may write a store that is about to be replaced.
    """
    home.require_whole()
    return state_url_of(home)


def state_url_of(home: Home) -> str:
    """The same, whatever is under way; for `restore` itself."""
    own = "" if home.is_sample else os.environ.get("PIPELINE_STATE_URL")
    return own or f"sqlite:///{home.data / 'state.db'}"


def secret(name: str) -> str | None:
    """The value of a variable that holds a token or a key; None when it is not set or blank."""
    return (os.environ.get(name) or "").strip() or None


def calendly_api_url() -> str:
    """Where Calendly's API is: CALENDLY_API_URL; else the vendor's own."""
    return (os.environ.get("CALENDLY_API_URL") or "https://api.calendly.com").rstrip("/")


def calendly_auth_url() -> str:
    """Where Calendly gives out OAuth tokens: CALENDLY_AUTH_URL; else the vendor's own."""
    return (os.environ.get("CALENDLY_AUTH_URL") or "https://auth.calendly.com").rstrip("/")


def calcom_api_url() -> str:
    """Where Cal.com's API is: CAL_COM_API_URL; else the hosted one."""
    return (os.environ.get("CAL_COM_API_URL") or "https://api.cal.com/v2").rstrip("/")


def lacrm_api_url() -> str:
    """Where LACRM's API is: LACRM_API_URL; else the vendor's own."""
    return (os.environ.get("LACRM_API_URL") or "https://api.lessannoyingcrm.com/v2/").rstrip("/")


def clevertap_api_url(region: str = "eu1") -> str:
    """Where CleverTap's API is: CLEVERTAP_API_URL; else the host of the account's region."""
    named = os.environ.get("CLEVERTAP_API_URL")
    host = "api.clevertap.com" if region == "eu1" else f"{region}.api.clevertap.com"
    return (named or f"https://{host}").rstrip("/")


def ortto_api_url() -> str:
    """Where Ortto's API is: ORTTO_API_URL; else the vendor's own, which is not that of Australia or Europe."""
    return (os.environ.get("ORTTO_API_URL") or "https://api.ap3api.com/v1").rstrip("/")


def brevo_api_url() -> str:
    """Where Brevo's API is: BREVO_API_URL; else the vendor's own."""
    return (os.environ.get("BREVO_API_URL") or "https://api.brevo.com/v3").rstrip("/")


def fixed_as_of() -> datetime | None:
    """The clock fixed by PIPELINE_AS_OF, in UTC; None when it runs freely."""
    text = os.environ.get("PIPELINE_AS_OF")
    return parse_as_of(text, "PIPELINE_AS_OF") if text else None


def parse_as_of(text: str, source: str) -> datetime:
    """An ISO instant in UTC; raises SettingsError naming where the text came from."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise SettingsError(
            f"{source}: {text!r} is no ISO date and time.", "Write e.g. 2026-06-30T12:00:00Z."
        ) from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def ui_environment(home: Home, as_of: datetime | None) -> dict[str, str]:
    """The variables that Dagster's own processes need for a home."""
    fixed = {"PIPELINE_AS_OF": as_of.isoformat()} if as_of else {}
    return {**os.environ, "PIPELINE_HOME": str(home.root), "DAGSTER_HOME": str(home.dagster), **fixed}
