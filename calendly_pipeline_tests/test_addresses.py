"""Addresses are found however a text writes them, and only they are taken out."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendly_pipeline.addresses import ERASED, among, fold, mentions, without, without_names

ADA = among(["Ada.O'Client+x@client.example"])


@pytest.mark.parametrize(
    "text",
    [
        "ada.o'client+x@client.example",
        "ADA.O'CLIENT+X@CLIENT.EXAMPLE.",
        "Ada Client <Ada.O'Client+x@client.example>, bob@client.example",
        "mailto:ada.o'client+x@client.example?subject=x",
        "invitee_email=ada.o%27client%2Bx%40client.example&count=1",
        "?email=ada.o'client+x@client.example",
        "'ada.o'client+x@client.example'",
        '"ada.o\'client+x@client.example";next',
        "x" * 10_000 + " ada.o'client+x@client.example",
    ],
)
def test_an_address_is_found(text: str) -> None:
    """In any case, in brackets, links, query strings, quotes and behind long text."""
    assert mentions(text, ADA)
    assert not mentions(without(text, ADA), ADA)
    assert ERASED in without(text, ADA)


@pytest.mark.parametrize(
    "text",
    [
        "client+x@client.example",
        "other.ada.o'client+x@client.example",
        "ada.o'client+x@client.example.org",
        "ada.o'client+x@other.client.example",
        "@client.example ada.o'client+x",
        "@@@@@",
        "",
    ],
)
def test_another_address_is_left_alone(text: str) -> None:
    """A longer or shorter address is somebody else's."""
    assert without(text, ADA) == text


@given(
    st.text(max_size=30),
    st.text(max_size=30),
    st.text(string.ascii_letters + string.digits + "._+-", min_size=1, max_size=20),
)
def test_whatever_stands_around(before: str, behind: str, local: str) -> None:
    """Between any two texts an address set off by blanks is found, and everything else stays as it was."""
    address = f"{local}@client.example"
    holds = among([address])
    assert without(f"{before} {address} {behind}", holds).count(ERASED) >= 1
    assert not mentions(without(f"{before} {address} {behind}", holds), holds)
    assert without(f"{before} x@nobody.example {behind}", among([fold("z@none.example")])) == (
        f"{before} x@nobody.example {behind}"
    )


def test_names_are_whole_words() -> None:
    """A name goes wherever it stands as a whole, in any case; a part of another name stays."""
    assert without_names("Call with ADA CLIENT, not Ada Clientson", ["Ada Client"]) == (
        "Call with [erased], not Ada Clientson"
    )
    assert without_names("Al and all", ["Al"]) == "Al and all"
