"""The ways out: e-mail, a Slack-compatible webhook, a webhook of any tool, and the log, which is always there."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from calendly_pipeline import environment
from calendly_pipeline.clients.mail import MailServer, send_mail
from calendly_pipeline.quality.messages import Message
from calendly_pipeline.settings import Settings
from calendly_pipeline.settings_alerts import Email


class Channel(Protocol):
    """Somewhere to tell people."""

    @property
    def name(self) -> str:
        """What notices of it are kept under."""
        ...

    def send(self, message: Message) -> str:
        """Send once; say what the receiver said, if it matters. Raises ApiError."""
        ...


@dataclass(frozen=True)
class LogChannel:
    """The log of whoever runs the daemon."""

    say: Callable[[str], None]
    name: str = "log"

    def send(self, message: Message) -> str:
        """Say it."""
        self.say(f"{message.subject}\n{message.text}")
        return ""


@dataclass(frozen=True)
class MailChannel:
    """E-mail to everybody in `alerts.email.to`."""

    email: Email
    name: str = "email"

    def send(self, message: Message) -> str:
        """Hand one mail to the server; the password is read now."""
        email = self.email
        password = environment.secret(email.password_env)
        server = MailServer(email.host, email.port, email.security, email.username, password)
        return send_mail(server, email.sender, email.to, f"[meetings] {message.subject}", message.text)


@dataclass(frozen=True)
class SlackChannel:
    """An incoming webhook of Slack, or of a tool that takes the same."""

    url: str = field(repr=False)
    name: str = "slack"

    def send(self, message: Message) -> str:
        """Post the text; `&`, `<` and `>` are Slack's own marks."""
        from calendly_pipeline.clients.hooks import post_json  # brings the HTTP library

        text = f"*{message.subject}*\n{message.text}"
        post_json("Slack", self.url, {"text": text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")})
        return ""


@dataclass(frozen=True)
class WebhookChannel:
    """Any tool that takes JSON."""

    url: str = field(repr=False)
    name: str = "webhook"

    def send(self, message: Message) -> str:
        """Post subject, text and the alerts one by one."""
        from calendly_pipeline.clients.hooks import post_json

        post_json("webhook", self.url, {"subject": message.subject, "text": message.text, **message.body})
        return ""


def channels(settings: Settings, say: Callable[[str], None]) -> list[Channel]:
    """Every channel that is configured; `say` is the log."""
    alerts = settings.alerts
    found: list[Channel] = [LogChannel(say)]
    if alerts.email:
        found.append(MailChannel(alerts.email))
    slack, webhook = environment.secret(alerts.slack_url_env), environment.secret(alerts.webhook_url_env)
    if slack:
        found.append(SlackChannel(slack))
    if webhook:
        found.append(WebhookChannel(webhook))
    return found
