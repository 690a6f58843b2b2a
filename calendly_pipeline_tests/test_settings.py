"""pipeline.toml: defaults, and errors that name the key."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from calendly_pipeline.failures import SettingsError
from calendly_pipeline.home import REPOSITORY
from calendly_pipeline.settings import Settings
from calendly_pipeline.settings_file import known_keys, load_settings


def written(path: Path, text: str) -> Path:
    """A settings file."""
    path.write_text(text, encoding="utf-8")
    return path


def test_no_file_means_defaults(tmp_path: Path) -> None:
    """Without a file every setting has its default, and there is no zone."""
    assert load_settings(tmp_path / "pipeline.toml") == Settings()
    assert Settings().firm.time_zone is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[firm]\ntimezone = 'UTC'", "firm.time_zone"),
        ("[metrics]\nreview_intervall_days = 3", "metrics.review_interval_days"),
        ("[firm]\ntime_zone = 'America/NewYork'", "America/New_York"),
        ("[metrics]\nreview_interval_days = 0", "metrics.review_interval_days"),
        ("[firm\n", "not valid TOML"),
        ("[[calendly.accounts]]\nname = 'a'\nzone = 'UTC'", "calendly.accounts.0.zone"),
    ],
)
def test_an_error_names_the_key_and_the_remedy(tmp_path: Path, text: str, words: str) -> None:
    """A wrong key or value is refused, naming it and the nearest right one."""
    with pytest.raises(SettingsError, match=words) as caught:
        load_settings(written(tmp_path / "pipeline.toml", text))
    assert caught.value.exit_code == 2
    assert not caught.value.retry_helps


def test_the_shipped_example_names_every_setting() -> None:
    """The example a firm starts from loads, and mentions every key there is."""
    example = REPOSITORY / "pipeline.example.toml"
    assert load_settings(example).firm.time_zone is None
    text = example.read_text(encoding="utf-8")
    missing = [key for key in known_keys() if key.rsplit(".", 1)[-1] not in text]
    assert missing == []


def test_every_parameter_is_there() -> None:
    """What SQL models may ask for does not depend on what the firm has set."""
    clock = datetime(2026, 6, 30, tzinfo=UTC)
    assert Settings().sql_parameters(clock)["as_of"] == clock
    assert Settings().sql_parameters(clock)["firm_time_zone"] == "UTC"
