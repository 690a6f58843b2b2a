"""Links of Calendly into Salesforce, hourly, as Calendly's own connector does it: Calendly is asked at 7 minutes past
(`ingest_hourly`), Salesforce for its users at 12, links are planned at 20, and sent when the plan stands.

The plans of all other destinations come with a refresh, every four hours.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from calendly_pipeline.destinations.assets import send_config
from calendly_pipeline.resources import FirmResource

NAME = "salesforce_links"
USERS_PULL = dg.AssetSelection.assets(["sources", "salesforce_pull"])
RECORDS = dg.AssetSelection.assets(["destinations", "salesforce_links_records"])
NOT_CONFIGURED = "pipeline.toml has no [destinations.salesforce_links]."


def salesforce_automation(network: dg.AssetSelection, store_tag: str, send_job: Any) -> dg.Definitions:
    """Two jobs, their schedules, and the sensor that sends after the second.

    `network`: the assets that ask vendors; `send_job`: the job that sends links, which has no public type.
    """
    users = dg.define_asset_job(
        "salesforce_users_pull",
        selection=USERS_PULL,
        tags={store_tag: "salesforce"},
        description="Network only: who is a user of the firm's Salesforce, into landing.",
    )
    links = dg.define_asset_job(
        NAME,
        selection=RECORDS.upstream().required_multi_asset_neighbors() - network,
        tags={store_tag: "warehouse"},
        description="Links that Salesforce should hold, from what Calendly and Salesforce said last. Sends nothing.",
    )
    schedules = [_hourly("salesforce_users_hourly", users, 12), _hourly("salesforce_links_hourly", links, 20)]
    return dg.Definitions(jobs=[users, links], schedules=schedules, sensors=[_sender(links, send_job)])


def _hourly(name: str, job: Any, minute: int) -> dg.ScheduleDefinition:
    @dg.schedule(
        name=name,
        job=job,
        cron_schedule=f"{minute} * * * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    def hourly(context: dg.ScheduleEvaluationContext, firm: FirmResource) -> dg.RunRequest | dg.SkipReason:
        if firm.home.is_sample or firm.settings.destinations.salesforce_links is None:
            return dg.SkipReason(NOT_CONFIGURED)
        return dg.RunRequest(run_key=f"{name}-{context.scheduled_execution_time:%Y%m%dT%H%M}")

    return hourly


def _sender(links: Any, send_job: Any) -> dg.SensorDefinition:
    @dg.run_status_sensor(
        name="salesforce_links_planned",
        run_status=dg.DagsterRunStatus.SUCCESS,
        monitored_jobs=[links],
        request_job=send_job,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def planned(context: dg.RunStatusSensorContext, firm: FirmResource) -> Iterator[dg.RunRequest | dg.SkipReason]:
        """After every plan of links, one send, when it is switched on."""
        section = firm.settings.destinations.salesforce_links
        if firm.home.is_sample or section is None or not section.enabled:
            yield dg.SkipReason("destinations.salesforce_links.enabled is not set.")
            return
        yield dg.RunRequest(
            run_key=f"send-{NAME}-{context.dagster_run.run_id}",
            run_config=send_config(NAME, apply=True),
            tags={"pipeline/cause": "a plan of links"},
        )

    return planned
