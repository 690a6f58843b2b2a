"""What a firm decides, as validated settings.

What belongs here: keys, kinds and defaults. What does not: reading the file (`settings_file.py`), secrets (environment
only) and where things lie (`home.py`).
"""

import json
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from calendly_pipeline.settings_alerts import Alerts
from calendly_pipeline.settings_destinations import Destinations
from calendly_pipeline.settings_kinds import LowerText, MeetingType, Section, Zone, folder_name


class Firm(Section):
    """The firm itself."""

    time_zone: Zone | None = Field(default=None, description="IANA zone; decides on which day a meeting lies.")
    internal_domains: tuple[LowerText, ...] = Field(default=(), description="Mail domains of staff: never clients.")
    internal_exceptions: tuple[LowerText, ...] = Field(
        default=(), description="Staff addresses that are clients as well."
    )
    default_country: str = Field(default="US", description="Two-letter country for phone numbers written without one.")


class Account(Section):
    """One Calendly account or Cal.com instance. Its files lie in `data/<platform>/<name>/`."""

    name: Annotated[str, AfterValidator(folder_name)] = Field(default="default", description="Also a folder's name.")
    csv_time_zone: Zone | None = Field(default=None, description="Zone of the times in its exports; else the firm's.")
    until: date | None = Field(default=None, description="Last day in service; after it no new data is expected.")


class CalendlyAccount(Account):
    """One Calendly account."""

    token_env: str = Field(default="CALENDLY_ACCESS_TOKEN", description="Variable that holds its token.")
    webhook_key_env: str = Field(
        default="CALENDLY_WEBHOOK_SIGNING_KEY", description="Variable that holds the key its webhooks are signed with."
    )


class CalcomAccount(Account):
    """One Cal.com instance, hosted or self-hosted."""

    token_env: str = Field(default="CAL_COM_API_KEY", description="Variable that holds its API key.")
    api_url: str | None = Field(default=None, description="Base URL of a self-hosted API; default: CAL_COM_API_URL.")
    webhook_secret_env: str = Field(
        default="CAL_COM_WEBHOOK_SECRET", description="Variable that holds the secret its webhooks are signed with."
    )
    hosts: tuple[LowerText, ...] = Field(
        default=(),
        description="Further addresses whose bookings count, besides the token's user, internal domains and aliases.",
    )


class Calendly(Section):
    """Calendly accounts."""

    accounts: tuple[CalendlyAccount, ...] = ()


class Calcom(Section):
    """Cal.com instances."""

    accounts: tuple[CalcomAccount, ...] = ()


class Ingest(Section):
    """What is asked of the booking tools' APIs, and how often."""

    look_back_days: int = Field(default=30, ge=0, description="Every run lists the months from so many days ago ...")
    look_ahead_days: int = Field(default=180, ge=0, description="... to so many days ahead.")
    no_show_days: int = Field(default=7, ge=0, description="Every run reads again who came, for so many days.")
    wide_look_back_days: int = Field(default=125, ge=0, description="The nightly pass looks back so far.")
    history_since: date = Field(default=date(2020, 1, 1), description="The weekly pass begins here.")
    limit_share: float = Field(default=0.8, gt=0, le=1, description="Share of the vendor's rate limit that is ours.")
    concurrency: int = Field(default=24, ge=1, le=100, description="Requests to one vendor at a time.")
    deadline_minutes: int = Field(default=50, gt=0, description="A pull stops then; the next one goes on.")


class Hosts(Section):
    """The people who are met."""

    aliases: dict[LowerText, LowerText] = Field(
        default={}, description="Another address of a host -> the host's address."
    )


class Metrics(Section):
    """How meetings count."""

    count_guests: bool = False
    credit: dict[Literal["counts", "portfolio_review"], Literal["attendee", "household"]] = Field(
        default={"counts": "attendee", "portfolio_review": "household"},
        description="Whose card a meeting counts for: the attendee's, or every member of the household's.",
    )
    review_interval_days: int = Field(default=365, gt=0)
    review_due_soon_days: int = Field(default=30, ge=0)
    trust_inferred_moves: bool = Field(
        default=False, description="Count moves inferred from exports towards escalation."
    )


class Meetings(Section):
    """How bookings become meetings."""

    migration_move_days: int = Field(
        default=7, ge=0, description="Longest gap between cancelling there and booking here."
    )


class Coverage(Section):
    """What the files can vouch for."""

    max_quiet_days: int = Field(
        default=14, gt=0, description="A longer stretch without meetings in a file is unproven."
    )
    since: date | None = Field(default=None, description="Gaps before this day are accepted.")


class ClassificationRule(Section):
    """One rule: every condition given must hold; the first rule that fits wins."""

    name: str
    meeting_type: MeetingType
    name_pattern: str | None = Field(default=None, description="Regular expression over event type or title.")
    event_type_id: str | None = None
    event_type_slug: str | None = None
    platform: Literal["calendly", "calcom"] | None = None
    host: LowerText | None = Field(default=None, description="Host's address.")
    min_duration_minutes: int | None = None
    max_duration_minutes: int | None = None
    answer_pattern: str | None = Field(default=None, description="Regular expression over the answers given.")
    all_internal: bool | None = Field(default=None, description="True: everybody present is staff.")


class Classification(Section):
    """Rules that say what kind of meeting it was."""

    rules: tuple[ClassificationRule, ...] | None = Field(
        default=None, description="Ordered; left out: the shipped rules."
    )


class ContactsCsv(Section):
    """How a contact file of an unknown layout is read."""

    columns: dict[str, str] = Field(default={}, description="Our column -> the file's header.")


class Contacts(Section):
    """Where people come from."""

    csv: ContactsCsv = ContactsCsv()


class Lacrm(Section):
    """The CRM: its key, and what goes on the contact card."""

    token_env: str = Field(default="LACRM_API_KEY", description="Variable that holds the API key.")
    requests_per_second: float = Field(
        default=1.0, gt=0, le=100, description="LACRM publishes no limit; its support agreed to one a second."
    )
    max_shrink_share: float = Field(
        default=0.2,
        gt=0,
        le=1,
        description="A reading that lacks a larger share of the known contacts is not believed.",
    )
    household_relationships: tuple[LowerText, ...] = Field(
        default=(),
        description="Notes of relationships that make two contacts a household, such as `spouse`, whole, in any case; "
        "none: relationships are not asked for, which takes one request a contact.",
    )
    fields: dict[str, str] | None = Field(default=None, description="Metric -> display name of the custom field.")
    refresh_after_days: int = Field(default=7, ge=0, description="Then a newer data-through date alone is sent.")


class Settings(Section):
    """The whole of pipeline.toml."""

    firm: Firm = Firm()
    calendly: Calendly = Calendly()
    calcom: Calcom = Calcom()
    ingest: Ingest = Ingest()
    hosts: Hosts = Hosts()
    metrics: Metrics = Metrics()
    meetings: Meetings = Meetings()
    coverage: Coverage = Coverage()
    classification: Classification = Classification()
    contacts: Contacts = Contacts()
    lacrm: Lacrm = Lacrm()
    alerts: Alerts = Alerts()
    destinations: Destinations = Destinations()

    def sql_parameters(self, as_of: datetime) -> dict[str, Any]:
        """Every `$parameter` a SQL model may name; lists travel as JSON text and are unfolded by `from_json`."""
        return {
            "as_of": as_of,
            "firm_time_zone": self.firm.time_zone or "UTC",
            "internal_domains": json.dumps(self.firm.internal_domains),
            "internal_exceptions": json.dumps(self.firm.internal_exceptions),
            "household_relationships": json.dumps(sorted(self.lacrm.household_relationships)),
            "host_aliases": json.dumps([{"alias": a, "host": h} for a, h in sorted(self.hosts.aliases.items())]),
            "accounts": json.dumps(self._account_rows()),
            "count_guests": self.metrics.count_guests,
            "credit_counts": self.metrics.credit.get("counts", "attendee"),
            "credit_portfolio_review": self.metrics.credit.get("portfolio_review", "household"),
            "review_interval_days": self.metrics.review_interval_days,
            "review_due_soon_days": self.metrics.review_due_soon_days,
            "trust_inferred_moves": self.metrics.trust_inferred_moves,
            "migration_move_days": self.meetings.migration_move_days,
            "max_quiet_days": self.coverage.max_quiet_days,
            "coverage_since": self.coverage.since,
            "refresh_after_days": self.lacrm.refresh_after_days,
            **self.destinations.sql_parameters(),
        }

    def calendly_accounts(self) -> tuple[CalendlyAccount, ...]:
        """The Calendly accounts; one called `default` when none is named."""
        return self.calendly.accounts or (CalendlyAccount(),)

    def calcom_accounts(self) -> tuple[CalcomAccount, ...]:
        """The Cal.com instances; one called `default` when none is named."""
        return self.calcom.accounts or (CalcomAccount(),)

    def accounts(self, platform: str) -> tuple[CalendlyAccount, ...] | tuple[CalcomAccount, ...]:
        """The accounts of a platform; one called `default` when none is named."""
        return {"calendly": self.calendly_accounts(), "calcom": self.calcom_accounts()}[platform]

    def _account_rows(self) -> list[dict[str, Any]]:
        return [
            {
                "platform": platform,
                "account": account.name,
                "time_zone": account.csv_time_zone or self.firm.time_zone,
                "until": account.until.isoformat() if account.until else None,
                "hosts": list(account.hosts) if isinstance(account, CalcomAccount) else [],
                "is_named": bool({"calendly": self.calendly, "calcom": self.calcom}[platform].accounts),
            }
            for platform in ("calendly", "calcom")
            for account in self.accounts(platform)
        ]
