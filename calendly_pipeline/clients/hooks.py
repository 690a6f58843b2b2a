"""Posting JSON to a URL that is itself a secret, as chat tools hand them out. It is in no error.

Slack's incoming webhooks answer 200 with the text `ok`, and 4xx with a reason (Slack, "Sending messages using incoming
webhooks"); Mattermost, Rocket.Chat and Discord's `/slack` addresses take the same body.
"""

from typing import Any

import httpx

from calendly_pipeline.failures import Rejected, Unavailable

SECONDS = 10.0


def post_json(vendor: str, url: str, body: Any) -> None:
    """Post once; raises Unavailable when another attempt can help, else Rejected."""
    if not url.startswith(("https://", "http://")):
        raise Rejected(vendor, "POST", "the URL does not begin with https://", "Copy it whole into .env.")
    try:
        answer = httpx.post(url, json=body, timeout=SECONDS, headers={"User-Agent": "calendly-pipeline"})
    except httpx.TransportError as error:
        raise Unavailable(vendor, "POST", f"no answer came ({type(error).__name__})") from None
    except httpx.InvalidURL:
        raise Rejected(vendor, "POST", "the URL is none", "Copy it whole into .env.") from None
    if answer.status_code >= 500 or answer.status_code in (408, 429):
        raise Unavailable(vendor, "POST", f"HTTP {answer.status_code}", status=answer.status_code)
    if not answer.is_success:
        remedy = "Make a new webhook there, and put its URL into .env."
        raise Rejected(vendor, "POST", f"HTTP {answer.status_code}", remedy, answer.status_code)
