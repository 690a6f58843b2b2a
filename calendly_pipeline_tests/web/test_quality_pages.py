"""Data Docs at the desk: for who is signed in, and nothing but them."""

import pytest

from calendly_pipeline_tests.contacts.desk_firm import DeskFirm
from calendly_pipeline_tests.web.desk_served import Browser, desk_browser


def written(firm: DeskFirm) -> None:
    """Pages as a run writes them, and a file that is none of them."""
    firm.home.quality.mkdir(parents=True)
    (firm.home.quality / "index.html").write_text("<p>What is expected</p>")
    (firm.home.quality / "meetings.meetings.words.html").write_text("<p>Words</p>")
    (firm.home.quality / "results.json").write_text("{}")


def test_who_is_signed_in_sees_the_pages(dana: Browser, desk_firm: DeskFirm) -> None:
    """The first page, and the page of a batch, with the desk's headers; before the first run a word about it."""
    assert dana.get("quality/").status_code == 404
    written(desk_firm)
    assert "What is expected" in dana.get("quality/").text
    page = dana.get("quality/meetings.meetings.words.html")
    assert "Words" in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'self'")


@pytest.mark.parametrize("name", ["results.json", "..%2F..%2Fpipeline.toml", "%2Fetc%2Fpasswd", "INDEX.html", ".html"])
def test_nothing_else_is_handed_out(dana: Browser, desk_firm: DeskFirm, name: str) -> None:
    """Other files of the folder, and files elsewhere, are not there."""
    written(desk_firm)
    assert dana.get(f"quality/{name}").status_code == 404


def test_strangers_see_nothing(desk_firm: DeskFirm) -> None:
    """Without signing in nothing is shown."""
    written(desk_firm)
    with desk_browser(desk_firm) as browser:
        assert "What is expected" not in browser.get("quality/").text
        assert browser.page.status_code == 503
