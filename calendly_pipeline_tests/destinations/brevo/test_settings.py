"""Mistakes in [destinations.brevo] are found when the file is read, in words that name the fix."""

from pathlib import Path

import pytest

from calendly_pipeline.failures import SettingsError
from calendly_pipeline.settings_file import load_settings

MISTAKES = {
    'attributes = { frist_name = "FIRSTNAME" }': "no field 'frist_name'; the nearest is 'first_name'",
    'attributes = { first_name = "First name" }': "capital letters, digits and '_', e.g. 'FIRST_NAME'",
    'attributes = { first_name = "EMAIL" }': "never written; name another",
    'questions = { "agree" = "OPT_IN" }': "never written; name another",
    'attributes = { first_name = "NAME", last_name = "NAME" }': "two fields go into NAME; give each its own attribute",
    'questions = { "role" = "COMPANY" }': "two fields go into COMPANY",
    'questions = { "mobile" = "SMS" }\nattributes = {}': "SMS takes a phone only; map `phone`",
    'questions = { "(role" = "ROLE" }': "is no regular expression",
    'touchable = ["MEETING_DAY"]': "name MEETING_DAY, which nothing is mapped to",
    'lists = [{ list = "Reviews" }]': "names no event type; for all others use default_list",
    'events = { names = { booked = "new booking" } }': "is no name of an event",
    "defualt_list = 3": "default_list",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_named(tmp_path: Path, text: str) -> None:
    """The error names the key and says what to write instead."""
    file = tmp_path / "pipeline.toml"
    file.write_text(f"[destinations.brevo]\n{text}\n", encoding="utf-8")
    with pytest.raises(SettingsError) as raised:
        load_settings(file)
    assert MISTAKES[text] in str(raised.value)
    assert "destinations.brevo" in str(raised.value)


def test_what_ships(tmp_path: Path) -> None:
    """A bare table maps the usual attributes, each with the type it must have."""
    file = tmp_path / "pipeline.toml"
    file.write_text("[destinations.brevo]\n", encoding="utf-8")
    rules = load_settings(file).destinations.brevo
    assert rules is not None
    assert rules.attribute_types() == {
        "FIRSTNAME": "text",
        "LASTNAME": "text",
        "SMS": "text",
        "COMPANY": "text",
        "CALENDLY_EVENT_TYPE": "text",
        "MEETING_DATE": "date",
        "BOOKING_STATUS": "text",
        "JOB_TITLE": "text",
    }
