"""pipeline.toml read into settings. Errors name the key, the nearest known one and the line to write."""

import difflib
import tomllib
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from calendly_pipeline.failures import SettingsError
from calendly_pipeline.settings import Settings

RENAMED: dict[str, str] = {}
"""Former dotted key -> present one; a file that still uses the former is told so."""


def load_settings(path: Path) -> Settings:
    """Read pipeline.toml; no file means defaults. Raises SettingsError naming every wrong key."""
    if not path.exists():
        return Settings()
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{path.name} is not valid TOML: {error}.", "Compare it with pipeline.example.toml."
        ) from error
    try:
        return Settings.model_validate(document)
    except ValidationError as error:
        raise SettingsError(f"{path.name}: " + "; ".join(_explain(item) for item in error.errors())) from None


def _explain(item: Any) -> str:
    parts = [str(part) for part in item["loc"]]
    key = ".".join(parts)
    if item["type"] != "extra_forbidden":
        return f"{key}: {item['msg']}"
    if key in RENAMED:
        return f"{key} is now called {RENAMED[key]}"
    known = known_keys()
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.0)
    return f"unknown key {key}; the nearest known one is {near[0]}"


def known_keys(model: type[BaseModel] = Settings, prefix: str = "") -> list[str]:
    """Dotted names of every setting; lists of tables appear under their own name."""
    keys: list[str] = []
    for name, field in model.model_fields.items():
        section = _section_of(field.annotation)
        keys += [prefix + name] if section is None else known_keys(section, f"{prefix}{name}.")
    return keys


def _section_of(annotation: Any) -> type[BaseModel] | None:
    """The section that a key holds, also when it may be absent."""
    kinds = [annotation, *get_args(annotation)] if not isinstance(annotation, type) else [annotation]
    if get_origin(annotation) not in (None, Union, UnionType):
        return None
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
