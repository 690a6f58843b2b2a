"""Whether a delivery comes from the vendor, by its signature over the raw bytes.

What belongs here: pure functions over header, bytes, key and clock. What does not: HTTP, settings, the environment.
"""

import hashlib
import hmac
import re
from datetime import datetime
from enum import StrEnum

REPLAY_SECONDS = 300
"""Calendly's own examples take 3 minutes; its public clients 5."""

CALENDLY_HEADER = "calendly-webhook-signature"
CALCOM_HEADER = "x-cal-signature-256"
CALCOM_UNSIGNED = "no-secret-provided"
"""What Cal.com sends in the place of a signature when its webhook has no secret (Cal.com's source)."""

_MAX_HEADER = 2048
_TIME = re.compile(r"[0-9]{1,12}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Fault(StrEnum):
    """Why a signature does not hold."""

    MISSING = "no signature"
    GARBLED = "garbled signature"
    UNSIGNED = "the sender has no secret"
    WRONG = "wrong signature"
    STALE = "signed too long ago, or by a clock that is ahead"


def calendly_fault(header: str | None, body: bytes, key: str, now: datetime) -> Fault | None:
    """Check `t=<unix seconds>,v1=<hex>[,v1=...]`: HMAC-SHA256 of t, a dot and the body (Calendly API reference)."""
    if not header:
        return Fault.MISSING
    signed = _calendly_parts(header)
    if signed is None:
        return Fault.GARBLED
    time, digests = signed
    right = _digest(key, f"{time}.".encode() + body)
    if not any([hmac.compare_digest(right, digest) for digest in digests]):
        return Fault.WRONG
    return Fault.STALE if abs(now.timestamp() - int(time)) > REPLAY_SECONDS else None


def calcom_fault(header: str | None, body: bytes, key: str, _now: datetime) -> Fault | None:
    """Check a lower-case HMAC-SHA256 of the body, without prefix and without a time (Cal.com's source)."""
    if not header:
        return Fault.MISSING
    if header == CALCOM_UNSIGNED:
        return Fault.UNSIGNED
    if not _DIGEST.fullmatch(header):
        return Fault.GARBLED
    return None if hmac.compare_digest(_digest(key, body), header) else Fault.WRONG


def sign_calendly(body: bytes, key: str, at: datetime) -> str:
    """The header Calendly would send."""
    time = int(at.timestamp())
    return f"t={time},v1={_digest(key, f'{time}.'.encode() + body)}"


def sign_calcom(body: bytes, key: str) -> str:
    """The header Cal.com would send."""
    return _digest(key, body)


def _calendly_parts(header: str) -> tuple[str, list[str]] | None:
    """The time as written and the v1 digests; schemes other than v1 are passed over."""
    if len(header) > _MAX_HEADER:
        return None
    pairs = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in pairs if name == "t"]
    digests = [value for name, _, value in pairs if name == "v1"]
    if len(times) != 1 or not digests or not _TIME.fullmatch(times[0]):
        return None
    return (times[0], digests) if all(_DIGEST.fullmatch(digest) for digest in digests) else None


def _digest(key: str, message: bytes) -> str:
    return hmac.new(key.encode(), message, hashlib.sha256).hexdigest()
