"""What every table of pipeline.toml has in common."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A table of pipeline.toml; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)
