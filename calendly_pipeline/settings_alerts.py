"""The `[alerts]` table of pipeline.toml: who is told of troubles, and when. Secrets: names of variables only."""

from datetime import time
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from calendly_pipeline.settings_kinds import Section


def _quiet_hours(value: object) -> object:
    if not isinstance(value, str):
        return value
    begin, dash, end = value.partition("-")
    try:
        hours = (time.fromisoformat(begin.strip()), time.fromisoformat(end.strip()))
    except ValueError:
        hours = (time(), time())
    if not dash or hours[0] == hours[1]:
        raise ValueError(f'{value!r} are no hours; write e.g. "19:00-07:00"')
    return hours


QuietHours = Annotated[tuple[time, time], BeforeValidator(_quiet_hours)]


class Email(Section):
    """The mail server that takes alerts."""

    to: tuple[str, ...] = Field(min_length=1, description="Who is told.")
    sender: str = Field(description="Address the alerts come from.")
    host: str = Field(description="The mail server.")
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = Field(default="starttls", description="How the connection is kept.")
    username: str | None = Field(default=None, description="Left out: the server asks for no password.")
    password_env: str = Field(default="ALERT_SMTP_PASSWORD", description="Variable that holds the password.")

    @model_validator(mode="after")
    def _password_is_kept(self) -> "Email":
        if self.username and self.security == "none":
            raise ValueError('a password would travel unprotected; set security = "starttls" or "tls"')
        return self


class Alerts(Section):
    """Who is told when something goes stale or fails, and what counts as stale in files."""

    email: Email | None = Field(default=None, description="Left out: no e-mail.")
    slack_url_env: str = Field(
        default="ALERT_SLACK_WEBHOOK_URL", description="Variable that holds an incoming webhook's URL, as Slack has it."
    )
    webhook_url_env: str = Field(
        default="ALERT_WEBHOOK_URL", description="Variable that holds a URL that is sent alerts as JSON."
    )
    quiet_hours: QuietHours | None = Field(
        default=None, description="Hours in the firm's zone in which nobody is told; what lasts is told after them."
    )
    quiet_weekends: bool = Field(default=False, description="Saturdays and Sundays are quiet too.")
    export_days: int = Field(default=7, gt=0, description="So many days without an export of a booking tool are late.")
    contact_export_days: int = Field(default=31, gt=0, description="A contact file older than this is late.")
