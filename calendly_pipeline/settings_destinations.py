"""The destinations of pipeline.toml: `[destinations.<name>]`, each in a module of its own.

A destination whose table is absent is not planned, except LACRM's. Secrets never stand here.
"""

import json
from typing import Any

from calendly_pipeline.settings_brevo import BrevoDestination
from calendly_pipeline.settings_clevertap import ClevertapDestination
from calendly_pipeline.settings_destination import Destination
from calendly_pipeline.settings_kinds import Section
from calendly_pipeline.settings_lacrm import LacrmDestination
from calendly_pipeline.settings_ortto import OrttoDestination
from calendly_pipeline.settings_salesforce_links import SalesforceLinksDestination


class Destinations(Section):
    """The receiving tools. None: the table is absent."""

    lacrm: LacrmDestination = LacrmDestination()
    brevo: BrevoDestination | None = None
    clevertap: ClevertapDestination | None = None
    ortto: OrttoDestination | None = None
    salesforce_links: SalesforceLinksDestination | None = None

    def configured(self) -> dict[str, Destination]:
        """Name -> settings of every destination that is planned."""
        found = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: section for name, section in found.items() if section is not None}

    def sql_parameters(self) -> dict[str, Any]:
        """`$destinations`: the common keys as a JSON list; and per destination a parameter of its name: its table as
        JSON, null when it is absent.
        """
        common = [
            {"destination": name, **_jsonable(section, set(Destination.model_fields))}
            for name, section in self.configured().items()
        ]
        own = {name: getattr(self, name) for name in type(self).model_fields}
        return {
            "destinations": json.dumps(common),
            **{name: None if section is None else json.dumps(_jsonable(section)) for name, section in own.items()},
        }


def _jsonable(section: Section, names: set[str] | None = None) -> dict[str, Any]:
    return section.model_dump(mode="json", include=names)
