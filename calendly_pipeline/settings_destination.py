"""What every destination has: keys of each `[destinations.<name>]` of pipeline.toml."""

from datetime import date
from typing import Literal

from pydantic import Field

from calendly_pipeline.settings_kinds import Section

MergeStrategy = Literal["append_only", "overwrite", "ignore_existing"]


class Destination(Section):
    """What every destination has."""

    enabled: bool = Field(default=False, description="Send after every refresh, without anybody asking.")
    max_change_share: float = Field(
        default=0.25, gt=0, le=1, description="A send that would change a larger share of what was written stops."
    )
    merge_strategy: MergeStrategy = Field(
        default="overwrite",
        description="append_only fills what is blank; ignore_existing only adds records; overwrite replaces.",
    )
    field_strategies: dict[str, MergeStrategy] = Field(default={}, description="Field -> its own merge strategy.")
    touchable: tuple[str, ...] | None = Field(default=None, description="Fields that may be written; default: all.")
    keep_existing: bool = Field(default=False, description="Never replace a value that somebody else wrote.")
    retention_days: int | None = Field(
        default=None, gt=0, description="Send only what happened within so many days; default: everything."
    )
    retention_from: date | None = Field(default=None, description="Or: only what happened on or after this day,")
    retention_until: date | None = Field(default=None, description="and on or before this one (firm's zone).")
