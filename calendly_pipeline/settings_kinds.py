"""Kinds of values that several sections of pipeline.toml share, and what a section is."""

import difflib
import re
from functools import cache
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict

_zones = cache(available_timezones)


def _known_zone(name: str) -> str:
    if name not in _zones():
        near = difflib.get_close_matches(name, _zones(), n=1)
        hint = f"; the nearest is {near[0]}" if near else ""
        raise ValueError(f"{name!r} is no IANA time zone{hint}")
    return name


def folder_name(name: str) -> str:
    """The name, which may be that of a folder; raises ValueError otherwise."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name):
        raise ValueError(f"{name!r} may hold only letters, digits, '.', '_' and '-', and begins with a letter or digit")
    return name


def _lower(value: str) -> str:
    return value.strip().lower()


Zone = Annotated[str, AfterValidator(_known_zone)]
LowerText = Annotated[str, AfterValidator(_lower)]
MeetingType = Literal[
    "portfolio_review", "discovery", "onboarding", "planning", "check_in", "service", "internal", "personal", "other"
]


class Section(BaseModel):
    """A table of pipeline.toml; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)
