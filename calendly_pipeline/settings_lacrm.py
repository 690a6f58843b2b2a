"""What a firm decides about sending to Less Annoying CRM: `[destinations.lacrm]`."""

from typing import Literal

from pydantic import Field

from calendly_pipeline.settings_destination import Destination


class LacrmDestination(Destination):
    """Less Annoying CRM: the contact cards, and notes or events of meetings."""

    meetings: Literal["off", "notes", "events"] = Field(
        default="off", description="Also write a note, or an event, for every meeting that a client came to."
    )
    create_contacts: bool = Field(
        default=False, description="Create cards for people whom somebody called a new contact at the desk."
    )
