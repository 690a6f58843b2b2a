"""What a firm decides about Salesforce: `[destinations.salesforce_links]`."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from calendly_pipeline.settings_destination import Destination

ApiName = Annotated[str, Field(pattern=r"^[A-Za-z]\w{0,79}$")]
"""Of an object or a field of Salesforce."""
LinkField = Literal["email", "link", "name", "type"]


class SalesforceLinksDestination(Destination):
    """Salesforce: a row for every Calendly link, and the link field of its users."""

    api_version: Annotated[str, Field(pattern=r"^\d{2,3}\.0$")] = Field(
        default="64.0", description="Version of the REST API."
    )
    object: ApiName = Field(default="Calendly__CalendlyLink__c", description="API name of the object of the links.")
    external_id_field: ApiName | None = Field(
        default=None, description="API name of its external id; default: the only one it has."
    )
    user_field: ApiName | Literal[""] = Field(
        default="Calendly__CalendlyLink__c", description="Field of User that takes the profile link; blank: none."
    )
    fields: dict[LinkField, str] = Field(
        default={},
        description="What goes into which field, by API name or label. email and link are found by their labels.",
    )
    batch_size: int = Field(
        default=200,
        ge=1,
        le=200,
        description="Most rows a request; fewer where triggers or flows are slow.",
    )
    mirror: bool = Field(
        default=False, description="Blank what we wrote once its link is gone from Calendly; else it stays."
    )

    @model_validator(mode="after")
    def _two_in_one_field(self) -> Self:
        named = [name.strip().lower() for name in self.fields.values()]
        if len(set(named)) < len(named):
            raise ValueError("two entries name the same field")
        return self
