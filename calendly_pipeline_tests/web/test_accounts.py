"""To which account a delivery belongs, and by which key it is checked."""

import logging

import pytest

from calendly_pipeline.home import Home
from calendly_pipeline_tests.web.receiving import KEY, SECRET, calcom_body, calendly_body, receiving, set_keys

TWO_FIRMS = """
[[calendly.accounts]]
name = "north"
webhook_key_env = "NORTH_KEY"
[[calendly.accounts]]
name = "south"
webhook_key_env = "SOUTH_KEY"
"""
DEFAULT_AND_OTHER = """
[[calcom.accounts]]
name = "default"
[[calcom.accounts]]
name = "own"
webhook_secret_env = "OWN_SECRET"
"""
NORTH, SOUTH, OWN = "north-key", "south-key", "own-secret"


@pytest.fixture
def several(home: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Two Calendly accounts, and two Cal.com instances of which one is called default."""
    set_keys(monkeypatch, NORTH_KEY=NORTH, SOUTH_KEY=SOUTH, OWN_SECRET=OWN)
    home.root.mkdir(parents=True)
    home.settings_file.write_text(TWO_FIRMS + DEFAULT_AND_OTHER, encoding="utf-8")
    return home


def test_the_path_names_the_account(several: Home) -> None:
    """With an account in the path only its own key holds; a name nobody gave is 404."""
    with receiving(several) as receiver:
        assert receiver.calendly(calendly_body(1), "/south", SOUTH).status_code == 200
        assert receiver.calendly(calendly_body(2), "/south", NORTH).status_code == 401
        assert receiver.calendly(calendly_body(3), "/west", NORTH).status_code == 404
        assert receiver.calendly(calendly_body(4), "/default", KEY).status_code == 404
        assert receiver.calcom(calcom_body(5), "/own", OWN).status_code == 200
        assert [(row["platform"], row["account"]) for row in receiver.rows()] == [
            ("calendly", "south"),
            ("calcom", "own"),
        ]


def test_without_a_name_the_key_tells(several: Home) -> None:
    """Of accounts none of which is called default, the one whose key made the signature gets the delivery."""
    with receiving(several) as receiver:
        for number, key in enumerate([SOUTH, NORTH, SOUTH]):
            assert receiver.calendly(calendly_body(number), key=key).status_code == 200
        assert receiver.calendly(calendly_body(9), key=KEY).status_code == 401
        assert [row["account"] for row in receiver.rows()] == ["south", "north", "south"]


def test_without_a_name_default_comes_first(several: Home) -> None:
    """An account called default takes every delivery without a name, and only by its own key."""
    with receiving(several) as receiver:
        assert receiver.calcom(calcom_body(1), key=SECRET).status_code == 200
        assert receiver.calcom(calcom_body(2), key=OWN).status_code == 401
        assert [row["account"] for row in receiver.rows()] == ["default"]


def test_the_same_body_may_belong_to_two_accounts(several: Home) -> None:
    """One body sent to two accounts is two rows."""
    with receiving(several) as receiver:
        receiver.calendly(calendly_body(), "/north", NORTH)
        receiver.calendly(calendly_body(), "/south", SOUTH)
        assert [row["account"] for row in receiver.rows()] == ["north", "south"]


def test_a_missing_key_is_named(home: Home, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Without a key nothing can be checked: 503, so that the vendor tries again, with the name of the variable."""
    set_keys(monkeypatch, CALENDLY_WEBHOOK_SIGNING_KEY=None, CAL_COM_WEBHOOK_SECRET=" ")  # noqa: S106 - it is blank
    with caplog.at_level(logging.INFO), receiving(home) as receiver:
        answer = receiver.calendly(calendly_body())
        assert (answer.status_code, answer.json()) == (503, {"error": "not set: CALENDLY_WEBHOOK_SIGNING_KEY"})
        assert receiver.calcom(calcom_body(), key="").json() == {"error": "not set: CAL_COM_WEBHOOK_SECRET"}
        assert receiver.rows() == []
    assert "calendly/default refused: 503 not set: CALENDLY_WEBHOOK_SIGNING_KEY" in caplog.text


def test_one_missing_key_of_several_stops_only_its_account(several: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other account's deliveries still come in."""
    monkeypatch.delenv("NORTH_KEY")
    with receiving(several) as receiver:
        assert receiver.calendly(calendly_body(1), key=SOUTH).status_code == 200
        assert receiver.calendly(calendly_body(2), key="").status_code == 401
        assert receiver.calendly(calendly_body(3), "/north", NORTH).status_code == 503
