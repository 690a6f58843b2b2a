"""Signatures: what holds and what does not."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendly_pipeline.web.signatures import Fault, calcom_fault, calendly_fault, sign_calcom, sign_calendly
from calendly_pipeline_tests.web.receiving import KEY, NOW

BODY = b'{"event":"invitee.created"}'
TIME = int(NOW.timestamp())
GOOD = sign_calendly(BODY, KEY, NOW)
DIGEST = GOOD.partition("v1=")[2]
OTHER = "0" * 64


def test_known_answers() -> None:
    """The signatures are the ones another program (openssl) makes of the same key and text."""
    assert sign_calcom(b"{}", "key") == "a777724d943eb48dc69bca8a4a6d57a04db3f9ec7e1de4e581e860265bdf3032"
    digest = "38ce8f446ab5868b3111f81881e4b109b7a7cb2a432a1a25975a84a91efa3cc4"
    assert sign_calendly(b"{}", "key", NOW) == f"t=1782820800,v1={digest}"


@pytest.mark.parametrize(
    ("header", "fault"),
    [
        pytest.param(GOOD, None, id="good"),
        pytest.param(f"v1={DIGEST},t={TIME}", None, id="order-turned"),
        pytest.param(f"t={TIME}, v1={DIGEST}", None, id="blank-after-comma"),
        pytest.param(f"t={TIME},v1={OTHER},v1={DIGEST}", None, id="second-v1-holds"),
        pytest.param(f"t={TIME},v0=x,v1={DIGEST}", None, id="other-scheme-beside"),
        pytest.param(None, Fault.MISSING, id="none"),
        pytest.param("", Fault.MISSING, id="blank"),
        pytest.param(f"t={TIME},v1={OTHER}", Fault.WRONG, id="forged"),
        pytest.param(f"t={TIME + 1},v1={DIGEST}", Fault.WRONG, id="time-changed"),
        pytest.param(f"t={TIME},v1={DIGEST.upper()}", Fault.GARBLED, id="upper-case"),
        pytest.param(f"t={TIME},v1={DIGEST[:-1]}", Fault.GARBLED, id="short"),
        pytest.param(f"t={TIME},t={TIME},v1={DIGEST}", Fault.GARBLED, id="two-times"),
        pytest.param(f"v1={DIGEST}", Fault.GARBLED, id="no-time"),
        pytest.param(f"t={TIME}", Fault.GARBLED, id="no-digest"),
        pytest.param(f"t=-{TIME},v1={DIGEST}", Fault.GARBLED, id="negative-time"),
        pytest.param(f"t={'9' * 5000},v1={DIGEST}", Fault.GARBLED, id="endless-time"),
        pytest.param(f"t=\u0661,v1={DIGEST}", Fault.GARBLED, id="digits-of-another-script"),
        pytest.param(f"t={TIME}," + f"v1={OTHER}," * 100 + f"v1={DIGEST}", Fault.GARBLED, id="too-long"),
        pytest.param("\xff\xfe", Fault.GARBLED, id="bytes"),
        pytest.param(",,==,t,v1", Fault.GARBLED, id="punctuation"),
    ],
)
def test_calendly(header: str | None, fault: Fault | None) -> None:
    """Exactly one time and at least one matching v1, as Calendly writes them; everything else is a fault."""
    assert calendly_fault(header, BODY, KEY, NOW) is fault


@pytest.mark.parametrize(
    ("seconds", "fault"),
    [
        pytest.param(-301, Fault.STALE, id="ahead"),
        pytest.param(-300, None, id="just-ahead"),
        pytest.param(300, None, id="just-old"),
        pytest.param(301, Fault.STALE, id="old"),
    ],
)
def test_the_replay_window(seconds: int, fault: Fault | None) -> None:
    """A signature holds for five minutes either way."""
    assert calendly_fault(GOOD, BODY, KEY, NOW + timedelta(seconds=seconds)) is fault


@pytest.mark.parametrize(
    ("header", "fault"),
    [
        pytest.param(sign_calcom(BODY, KEY), None, id="good"),
        pytest.param(None, Fault.MISSING, id="none"),
        pytest.param("no-secret-provided", Fault.UNSIGNED, id="unsigned"),
        pytest.param("sha256=" + sign_calcom(BODY, KEY), Fault.GARBLED, id="prefix"),
        pytest.param(sign_calcom(BODY, KEY).upper(), Fault.GARBLED, id="upper-case"),
        pytest.param(sign_calcom(BODY, "other"), Fault.WRONG, id="forged"),
    ],
)
def test_calcom(header: str | None, fault: Fault | None) -> None:
    """The bare digest and nothing else."""
    assert calcom_fault(header, BODY, KEY, NOW) is fault


def flipped(data: bytes, place: int, mask: int) -> bytes:
    """The data with some bits of one byte turned."""
    place %= len(data)
    return data[:place] + bytes([data[place] ^ mask]) + data[place + 1 :]


@given(st.binary(min_size=1, max_size=200), st.integers(0, 10_000), st.integers(1, 255), st.booleans())
def test_any_flipped_byte_is_refused(body: bytes, place: int, mask: int, of_body: bool) -> None:
    """Whatever bits of one byte of body or signature are turned, neither vendor's signature holds."""
    calendly, calcom = sign_calendly(body, KEY, NOW), sign_calcom(body, KEY)
    assert calendly_fault(calendly, body, KEY, NOW) is None
    assert calcom_fault(calcom, body, KEY, NOW) is None
    if of_body:
        body = flipped(body, place, mask)
    else:
        calendly = flipped(calendly.encode(), place, mask).decode("latin-1")
        calcom = flipped(calcom.encode(), place, mask).decode("latin-1")
    assert calendly_fault(calendly, body, KEY, NOW) is not None
    assert calcom_fault(calcom, body, KEY, NOW) is not None


@given(st.text(max_size=300))
def test_any_header_is_refused_without_an_error(header: str) -> None:
    """No header makes the check raise."""
    assert calendly_fault(header, BODY, KEY, NOW) is not None
    assert calcom_fault(header, BODY, KEY, NOW) is not None
