"""Signing in to Salesforce: which login the variables make, and each of them against the fake."""

import traceback
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from calendly_pipeline.clients.http import Retry
from calendly_pipeline.clients.salesforce_answers import Usage
from calendly_pipeline.clients.salesforce_login import TimedSession, chosen_login
from calendly_pipeline.failures import SettingsError, Unauthenticated, Unavailable
from calendly_pipeline_tests.clients.salesforce_given import Asker, Leading, asker
from calendly_pipeline_tests.fakes.salesforce.bulk import TOKEN

FIRM = "https://firm.my.salesforce.com"
KEY = {"SALESFORCE_CONSUMER_KEY": "3MVkey", "SALESFORCE_CONSUMER_SECRET": "s3cret"}
PASSWORD = {
    "SALESFORCE_USERNAME": "ada@firm.example",
    "SALESFORCE_PASSWORD": "pass&",
    "SALESFORCE_SECURITY_TOKEN": "tk",
}


def test_no_variable_no_login() -> None:
    """A firm without Salesforce sets nothing, and that is fine."""
    assert chosen_login({}.get) is None


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"SALESFORCE_ACCESS_TOKEN": "t"}, "SALESFORCE_INSTANCE_URL is not set, though SALESFORCE_ACCESS_TOKEN is"),
        ({"SALESFORCE_INSTANCE_URL": FIRM}, "access token login lacks SALESFORCE_ACCESS_TOKEN"),
        ({"SALESFORCE_INSTANCE_URL": FIRM, "SALESFORCE_CONSUMER_KEY": "k"}, "lacks SALESFORCE_CONSUMER_SECRET"),
        ({"SALESFORCE_INSTANCE_URL": FIRM, "SALESFORCE_PASSWORD": "p"}, "password login lacks SALESFORCE_USERNAME and"),
        ({"SALESFORCE_INSTANCE_URL": "firm.my.salesforce.com", **KEY}, "is no address"),
        ({"SALESFORCE_INSTANCE_URL": f"{FIRM}/lightning", **KEY}, "is no address"),
        ({"SALESFORCE_INSTANCE_URL": "http://firm.my.salesforce.com", **KEY}, "unencrypted"),
        ({"SALESFORCE_INSTANCE_URL": "http://127.0.0.1:8080", **KEY}, "takes an access token only"),
    ],
)
def test_half_a_login_is_named(given: dict[str, str], words: str) -> None:
    """The error names the variable that is missing or wrong, and shows no secret."""
    with pytest.raises(SettingsError, match=words) as raised:
        chosen_login(given.get)
    assert "s3cret" not in str(raised.value)


def signed_in(given: Asker, variables: dict[str, str], address: str = FIRM) -> tuple[list[str], Usage]:
    """Where requests went after a login by these variables, and the answer to one question."""
    login = chosen_login({"SALESFORCE_INSTANCE_URL": address, **variables}.get)
    assert login is not None
    session, leading = TimedSession(), Leading(given.org.url)
    session.mount("https://", leading)
    usage = given.asked(lambda client: client.limits(), login=login, session=session)
    return leading.asked, usage


def test_client_credentials() -> None:
    """The token comes from the firm's own address."""
    with asker() as given:
        given.org.world.passwords["3MVkey"] = "s3cret"
        asked, usage = signed_in(given, KEY)
    assert asked[0] == f"{FIRM}/services/oauth2/token"
    assert (len(asked), usage) == (2, Usage(1, 15_000))


def test_password_and_security_token() -> None:
    """The SOAP login at the firm's own address, with the token behind the password."""
    with asker() as given:
        given.org.world.passwords["ada@firm.example"] = "pass&amp;tk"
        asked, _ = signed_in(given, PASSWORD)
    assert asked[0] == f"{FIRM}/services/Soap/u/64.0"


@pytest.mark.parametrize("address", ["https://firm.my.salesforce.com", "https://firm--uat.sandbox.my.salesforce.com"])
def test_signed_token(tmp_path: Path, address: str) -> None:
    """A JWT signed with the firm's key goes to the firm's own address, of a sandbox too."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (tmp_path / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))
    variables = {
        "SALESFORCE_USERNAME": "ada@firm.example",
        "SALESFORCE_CONSUMER_KEY": "3MVkey",
        "SALESFORCE_PRIVATE_KEY_FILE": str(tmp_path / "key.pem"),
    }
    with asker() as given:
        asked, _ = signed_in(given, variables, address)
    assert asked[0] == f"{address}/services/oauth2/token"


@pytest.mark.parametrize("variables", [KEY, PASSWORD])
def test_a_wrong_login(variables: dict[str, str]) -> None:
    """One request, an error that says so, and no secret in it."""
    with asker() as given:
        with pytest.raises(Unauthenticated, match="Salesforce login: Authentication failed") as raised:
            signed_in(given, variables)
        assert len(given.org.server.requests) == 1
    assert not any(secret in str(raised.value) for secret in ("s3cret", "pass&", "tk;"))


@pytest.mark.parametrize("fault", ["502", "truncated", "cut"])
def test_a_login_that_answers_badly_is_tried_again(fault: str) -> None:
    """No page of HTML, half an answer or lost connection passes for a wrong password."""
    with asker() as given:
        given.org.world.passwords["3MVkey"] = "s3cret"
        given.org.server.faults.fail_next(1, fault, "login")
        asked, usage = signed_in(given, KEY)
    assert (len(asked), usage.used) == (3, 1)


def test_half_a_token_is_shown_nowhere() -> None:
    """A login cut short raises an error without what it had brought."""
    with asker() as given:
        given.retry = Retry(attempts=1)
        given.org.world.passwords["3MVkey"] = "s3cret"
        given.org.server.faults.fail_next(1, "truncated", "login")
        with pytest.raises(Unavailable, match="HTTP 200 answered no JSON") as raised:
            signed_in(given, KEY)
        (token,) = given.org.world.sessions - {TOKEN}
    shown = "".join(traceback.format_exception(raised.value))
    assert token[:12] not in shown


def test_a_session_that_ends_is_renewed() -> None:
    """With a login, another session is asked for and the request goes on."""
    with asker() as given:
        given.org.world.passwords["3MVkey"] = "s3cret"
        given.org.server.on_request(
            lambda request: given.org.world.sessions.clear() if len(given.org.server.requests) == 2 else None
        )
        asked, usage = signed_in(given, KEY)
    assert [url.rpartition("/services/")[2].partition("?")[0] for url in asked] == [
        "oauth2/token",
        "data/v64.0/limits/",
        "oauth2/token",
        "data/v64.0/limits/",
    ]
    assert usage.total == 15_000
