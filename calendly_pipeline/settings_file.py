"""pipeline.toml read into settings. Errors name the key, the nearest known one and the line to write."""

import difflib
import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from calendly_pipeline.failures import SettingsError
from calendly_pipeline.settings import Destination, Settings

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
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            keys += known_keys(annotation, f"{prefix}{name}.")
        else:
            keys.append(prefix + name)
    keys += [f"{prefix}destinations.lacrm.{name}" for name in Destination.model_fields] if model is Settings else []
    return keys
