"""What a vendor answered."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Answer:
    """One answer of a vendor, as received and as parsed."""

    kind: str
    """What was asked for: `events`, `invitees`, `bookings`, ..."""
    request: str
    """Path and query; never a secret."""
    received_at: datetime
    raw: bytes
    data: Any
