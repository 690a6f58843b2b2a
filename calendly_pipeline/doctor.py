"""What `calendly-pipeline doctor` looks at. Each finding is ok, a warning or an error, with its remedy."""

from collections.abc import Iterator
from datetime import datetime

from calendly_pipeline import environment
from calendly_pipeline.doctor_destinations import destinations_there
from calendly_pipeline.doctor_freshness import freshness
from calendly_pipeline.doctor_sources import live_sources
from calendly_pipeline.failures import PipelineError
from calendly_pipeline.findings import Finding
from calendly_pipeline.home import DROP_FOLDERS, Home
from calendly_pipeline.settings import Settings
from calendly_pipeline.settings_file import load_settings
from calendly_pipeline.state import State
from calendly_pipeline.warehouse import open_warehouse


def examine(home: Home, as_of: datetime) -> Iterator[Finding]:
    """Every finding, settings first."""
    try:
        settings = load_settings(home.settings_file)
    except PipelineError as error:
        yield Finding("error", "settings", str(error))
        settings = Settings()
    else:
        yield from _settings(home, settings)
    yield from _folders(home)
    yield from _state(home)
    if not home.is_sample:
        yield from live_sources(home, settings)
        yield from destinations_there(home, settings)
    yield from _warehouse(home)
    yield from freshness(home, settings, as_of)


def _settings(home: Home, settings: Settings) -> Iterator[Finding]:
    if not home.settings_file.exists():
        yield Finding("warning", "settings", "no pipeline.toml yet; `calendly-pipeline run` creates it")
    elif settings.firm.time_zone is None:
        yield Finding("error", "settings", 'firm.time_zone is not set; add time_zone = "America/New_York" under [firm]')
    else:
        yield Finding("ok", "settings", f"{home.settings_file.name}, zone {settings.firm.time_zone}")
    if not settings.firm.internal_domains:
        yield Finding(
            "warning", "settings", "firm.internal_domains is empty: staff are told apart by host address only"
        )


def _folders(home: Home) -> Iterator[Finding]:
    for name in DROP_FOLDERS:
        folder = home.drop_folder(name)
        count = sum(1 for path in home.dropped_files() if folder in path.parents)
        level = "ok" if count else "warning"
        yield Finding(level, f"data/{name}", f"{count} files" if count else "no file; drop an export into it")


def _state(home: Home) -> Iterator[Finding]:
    try:
        store = State(environment.state_url(home))
        store.upgrade()
        store.close()
    except Exception as error:  # whatever the database says is the finding
        yield Finding("error", "state store", f"cannot be opened ({type(error).__name__}); check PIPELINE_STATE_URL")
    else:
        yield Finding("ok", "state store", "opens, newest version")


def _warehouse(home: Home) -> Iterator[Finding]:
    try:
        with open_warehouse(home.warehouse, read_only=True, wait_seconds=5) as connection:
            rejected = connection.execute("select folder, name, reason, remedy from sources.rejected_files").fetchall()
    except PipelineError as error:
        yield Finding("warning", "warehouse", str(error))
        return
    yield Finding("ok", "warehouse", f"{home.warehouse.stat().st_size / 1e6:.1f} MB")
    for folder, name, reason, remedy in rejected:
        yield Finding("error", f"data/{folder}/{name}", f"{reason}. {remedy or ''}".strip())
