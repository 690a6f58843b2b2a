"""Handing one e-mail to a mail server. Errors name the server's code, never its words: they may say addresses back."""

import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage

from calendly_pipeline.failures import Rejected, Unavailable

SECONDS = 15.0
VENDOR = "mail server"


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed over, and how."""

    host: str
    port: int
    security: str
    """starttls | tls | none"""
    username: str | None = None
    password: str | None = field(default=None, repr=False)


def send_mail(server: MailServer, sender: str, recipients: Sequence[str], subject: str, text: str) -> str:
    """Send once, and say whether some addresses were refused.

    Raises Unavailable when another attempt can help, else Rejected.
    """
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, ", ".join(recipients), subject
    message.set_content(text)
    request = f"to {server.host}:{server.port}"
    try:
        with _connected(server) as connection:
            if server.username:
                connection.login(server.username, server.password or "")
            refused = connection.send_message(message)
    except smtplib.SMTPAuthenticationError as error:
        remedy = "Check alerts.email.username and the variable that alerts.email.password_env names."
        raise Rejected(VENDOR, request, f"refused the password ({error.smtp_code})", remedy) from None
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused):
        raise Rejected(VENDOR, request, "refused an address", "Check alerts.email.to and sender.") from None
    except smtplib.SMTPResponseException as error:
        kind = Unavailable if 400 <= error.smtp_code < 500 else Rejected
        raise kind(VENDOR, request, f"said {error.smtp_code}") from None
    except (smtplib.SMTPException, OSError) as error:
        remedy = "Check alerts.email.host, port and security."
        raise Unavailable(VENDOR, request, f"no mail went ({type(error).__name__})", remedy) from None
    return f"refused {len(refused)} of {len(recipients)} addresses; check alerts.email.to" if refused else ""


def _connected(server: MailServer) -> smtplib.SMTP:
    trusted = ssl.create_default_context()
    if server.security == "tls":
        return smtplib.SMTP_SSL(server.host, server.port, timeout=SECONDS, context=trusted)
    connection = smtplib.SMTP(server.host, server.port, timeout=SECONDS)
    if server.security == "starttls":
        try:
            connection.starttls(context=trusted)
        except BaseException:
            connection.close()
            raise
    return connection
