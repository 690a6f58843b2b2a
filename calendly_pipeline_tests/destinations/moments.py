"""Moments of exports and writes, short to say."""

from typing import Any

from calendly_pipeline_tests.conftest import utc
from calendly_pipeline_tests.destinations.given import sent
from calendly_pipeline_tests.metrics.given import Firm, covered


def exported(firm: Firm, moment: str) -> Firm:
    """The CRM's export in force was made at this moment, in UTC."""
    made = {"modified_at": utc(moment), "landed_at": utc("2026-06-29T12:00")}
    firm.tables.given("sources.files", {"file_id": "contacts:1", **made})
    for contact in firm.contacts:
        contact["file_id"] = "contacts:1"
    return firm


def settled(moment: str, **payload: Any) -> dict[str, Any]:
    """An accepted write that ended at this moment, in UTC."""
    return {
        **sent(1, payload={name.replace("_", " "): value for name, value in payload.items()}),
        "settled_at": utc(moment),
    }


def through(firm: Firm, last_day: str) -> Firm:
    """Coverage up to a day."""
    firm.coverage = covered("2026-01-01", last_day)
    return firm
