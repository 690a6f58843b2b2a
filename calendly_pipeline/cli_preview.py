"""The command `preview`: a CleverTap campaign's body, checked and shown as one person would get it."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console

from calendly_pipeline import environment
from calendly_pipeline.active_home import active_home
from calendly_pipeline.failures import InputError, SettingsError
from calendly_pipeline.settings_file import load_settings
from calendly_pipeline.warehouse import open_warehouse

console = Console(highlight=False)


@click.command()
@click.argument("template", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--only", metavar="KEY", help="A record key, contact id or address; default: the newest event.")
def preview(template: Path, only: str | None) -> None:
    """Check the body of a CleverTap campaign, and show what one person would get."""
    from calendly_pipeline.destinations.clevertap.liquid_preview import remarks, rendered
    from calendly_pipeline.destinations.clevertap.preview import sent_fields, shown_event

    home = active_home()
    rules = load_settings(home.settings_file).destinations.clevertap
    if rules is None:
        raise SettingsError("CleverTap is not configured.", "Add [destinations.clevertap] to pipeline.toml.")
    source = _text(template)
    found = remarks(source, sent_fields(rules))
    for remark in found:
        _say(f"{template.name} {remark}")
    if any(remark.level == "error" for remark in found):
        sys.exit(1)
    with open_warehouse(home.warehouse, read_only=True) as connection:
        shown = shown_event(connection, only)
    result = rendered(source, template.name, shown.values, environment.fixed_as_of() or datetime.now(UTC))
    for hole in result.blanks:
        _say(f"{template.name} {hole}")
    _say(f"--- {shown.label}")
    _say(f"not sent: {result.aborted}" if result.aborted else result.text)


def _text(template: Path) -> str:
    try:
        return template.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{template.name} is no UTF-8 text.", "Save it as UTF-8.") from error


def _say(text: str) -> None:
    console.print(text, markup=False, soft_wrap=True)
