"""A firm whose sources all work, and can be stopped one by one: what they leave behind is written as they leave it."""

import json
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from calendly_pipeline.home import Home
from calendly_pipeline.quality.alert_sensor import alerts
from calendly_pipeline.resources import FirmResource
from calendly_pipeline.state import State, webhook_deliveries
from calendly_pipeline.warehouse import schema_version

SETTINGS = """
[firm]
time_zone = "America/New_York"
[alerts.email]
to = ["ops@firm.example"]
sender = "pipeline@firm.example"
host = "127.0.0.1"
port = {port}
security = "none"
"""


class FirmInService:
    """Calendly by API and webhook, Cal.com by exports, the contact index from LACRM."""

    def __init__(self, home: Home, empty_warehouse: Path, mail_port: int) -> None:
        self.home = home
        home.create()
        home.settings_file.write_text(SETTINGS.format(port=mail_port), encoding="utf-8")
        shutil.copyfile(empty_warehouse, home.warehouse)
        with duckdb.connect(str(home.warehouse)) as connection:
            connection.execute("create table main.warehouse_version as select $1 as version", [schema_version()])
        self.booked_count = self.delivered_count = 0

    def pulled(self, platform: str, at: datetime) -> None:
        """A pull that came to its end."""
        manifest = self.home.pull_manifests(platform, "default") / f"{at:%Y%m%dT%H%M%S}-pull.json"
        manifest.parent.mkdir(parents=True, exist_ok=True)
        manifest.write_text(json.dumps({"finished_at": at.isoformat()}), encoding="utf-8")

    def exported(self, at: datetime) -> None:
        """A Cal.com export up to the day before, loaded."""
        with duckdb.connect(str(self.home.warehouse)) as connection:
            connection.execute("delete from metrics.data_through")
            last = (at - timedelta(days=1)).date()
            connection.execute(
                "insert into metrics.data_through by name select 'calcom' as platform, 'default' as account, "
                "$1::date as data_through_on, $1::date as last_day, true as is_in_service",
                [last],
            )

    def delivered(self, at: datetime) -> None:
        """A delivery of Calendly's webhook, stored and loaded."""
        state = State(f"sqlite:///{self.home.data / 'state.db'}")
        state.upgrade()
        row: dict[str, Any] = {"platform": "calendly", "account": "default", "received_at": at}
        with state.transaction() as connection:
            self.delivered_count += 1
            once = {"body": "{}", "body_sha256": str(self.delivered_count)}
            stored = webhook_deliveries.insert().values(**row, kind="invitee.created", **once)
            keys = connection.execute(stored).inserted_primary_key
        state.close()
        assert keys is not None
        with duckdb.connect(str(self.home.warehouse)) as connection:
            connection.execute(
                "insert into sources.webhook_deliveries (delivery_id, platform, account, received_at) "
                "values (?, ?, ?, ?)",
                [keys[0], *row.values()],
            )

    def booked(self, at: datetime, count: int) -> None:
        """Bookings that only the API shows."""
        with duckdb.connect(str(self.home.warehouse)) as connection:
            for _ in range(count):
                self.booked_count += 1
                connection.execute(
                    "insert into meetings.bookings by name select $1 as meeting_id, 'calendly' as platform, "
                    "'default' as account, ['api'] as routes, $2::timestamptz as booked_at",
                    [f"m{self.booked_count}", at],
                )

    def works(self, at: datetime, *, without: str = "") -> None:
        """Everything does what it does, but for the source that was stopped."""
        if without != "token":
            self.pulled("calendly", at)
        if without != "contacts":
            self.pulled("lacrm", at)
        if without != "exports":
            self.exported(at)
        if without != "webhook":
            self.delivered(at)

    def look(
        self, instance: dg.DagsterInstance, repository: dg.RepositoryDefinition, patch: pytest.MonkeyPatch, at: datetime
    ) -> str | None:
        """One tick of the sensor with the clock at a moment: what it says in the UI."""
        patch.setenv("PIPELINE_AS_OF", at.isoformat())
        firm = FirmResource(root=str(self.home.root))
        context = dg.build_sensor_context(instance=instance, repository_def=repository, resources={"firm": firm})
        said = alerts(context)
        assert isinstance(said, dg.SkipReason)
        return said.skip_message
