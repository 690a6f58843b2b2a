"""The desk in a real browser: ten decisions by keyboard alone, and what a screen reader would stumble over."""

from collections.abc import Iterator
from typing import Any

import pytest

from calendly_pipeline.contacts.decisions import all_decisions, in_force
from calendly_pipeline_tests.contacts.desk_firm import DeskFirm
from calendly_pipeline_tests.web.chromium import axe_findings, chromium, sign_in_by_keyboard
from calendly_pipeline_tests.web.desk_served import Browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

SIZES = {"desk": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}


def furnish_more(firm: DeskFirm) -> DeskFirm:
    """Enough cases for ten answers, one of them as hostile as a booking form allows."""
    for number, (first, slip) in enumerate(
        [
            ("Ada", "gmial.com"),
            ("Ben", "gmal.com"),
            ("Cleo", "yaho.com"),
            ("Dora", "hotmial.com"),
            ("Emil", "gmial.com"),
        ]
    ):
        right = {"gmial.com": "gmail.com", "gmal.com": "gmail.com", "yaho.com": "yahoo.com"}.get(slip, "hotmail.com")
        firm.world.card(f"2{number}", f"{first} Farrow", f"{first.lower()}.farrow@{right}", company="Farrow & Sons")
        firm.world.booked(f"t{number}", f"{first.lower()}.farrow@{slip}", first)
    evil = "<script>alert(1)</script> \u202eevil"
    answers = {"What would you like to talk about?": "My pension. " * 300, "=cmd()": evil}
    firm.world.booked("hostile", "alders@example.com", evil, answers=answers)
    return firm.refresh()


@pytest.fixture
def page(browser: Browser, desk_firm: DeskFirm) -> Iterator[Any]:
    """Chromium, signed in by keyboard, on the queue."""
    furnish_more(desk_firm)
    with chromium() as program:
        opened = program.new_page(viewport=SIZES["desk"])
        opened.complaints = []
        opened.on("pageerror", lambda error: opened.complaints.append(str(error)))
        opened.on("request", lambda sent: opened.complaints.append(sent.url) if browser.url not in sent.url else None)
        opened.on("dialog", lambda dialog: opened.complaints.append(dialog.message))
        sign_in_by_keyboard(opened, browser.url)
        yield opened
        assert opened.complaints == []


def press(page: Any, key: str) -> None:
    """A key that leads to another page."""
    with page.expect_navigation():
        page.keyboard.press(key)


def test_ten_decisions_by_keyboard_alone(page: Any, desk_firm: DeskFirm) -> None:
    """Confirm, both, reject, search, new, ignore, undo and moving on, never touching the mouse; the tables follow."""
    press(page, "j")
    assert "1 of 10" in page.inner_text("main")
    press(page, "b")
    press(page, "j")
    press(page, "k")
    press(page, "u")
    assert "Undone: Confirmed" in page.inner_text("#status")
    press(page, "b")
    for _ in range(6):
        press(page, {"typo": "1", "spou": "2", "surn": "n"}.get(kind_of(page), "i"))
    page.keyboard.press("o")
    page.keyboard.type("olga ced")
    page.wait_for_selector("#found button")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    press(page, "Enter")
    press(page, "r")
    press(page, "1" if kind_of(page) == "typo" else "n")
    assert page.inner_text("h1") == "0 cases wait"
    assert "Nobody waits" in page.inner_text("main")
    page.keyboard.press("?")
    assert page.is_visible("#keys-on")
    found = in_force(all_decisions(desk_firm.state))
    assert len({(one.canonical_address, one.name_normalised) for one in found}) == 10
    assert {one.decided_by for one in found} == {"Dana"}
    assert desk_firm.refresh().queue() == []
    linked = {row["decision"] for row in desk_firm.world.tables.rows("contacts.matches")}
    assert "review" not in linked


def kind_of(page: Any) -> str:
    """The beginning of the case's rule."""
    text = page.inner_text(".sentence .facts")
    return next((word for word in ("typo", "spou", "surn") if word in text), "")


def test_keys_can_be_switched_off(page: Any, desk_firm: DeskFirm) -> None:
    """Who dictates or types by accident switches single keys off; nothing happens then, also after a reload."""
    page.keyboard.press("?")
    page.uncheck("#keys-on")
    page.goto(page.url + f"case/{desk_firm.case('paul@example.net').identity_id}")
    page.keyboard.press("n")
    page.keyboard.press("1")
    assert all_decisions(desk_firm.state) == []
    assert not page.is_checked("#keys-on")


def test_typing_is_no_answer(page: Any, desk_firm: DeskFirm) -> None:
    """Letters typed into a field, and Enter there, decide nothing."""
    page.goto(page.url + f"case/{desk_firm.case('paul@example.net').identity_id}")
    page.click("text=Say more with the answer")
    page.fill("#reason", "n1r")
    page.focus("#reason")
    page.keyboard.type("n1riub")
    page.keyboard.press("Enter")
    page.wait_for_timeout(200)
    assert all_decisions(desk_firm.state) == []


@pytest.mark.parametrize("size", SIZES)
def test_no_finding_of_axe(page: Any, desk_firm: DeskFirm, size: str) -> None:
    """axe-core finds nothing wrong on any page, on a desk and on a phone, and nothing needs scrolling sideways."""
    page.set_viewport_size(SIZES[size])
    start = page.url
    cases = [f"case/{desk_firm.case(one).identity_id}" for one in ("paul@example.net", "ada.farrow@gmial.com")]
    with desk_firm.snapshot.read() as published:
        rows = published.rows("from contacts.review_queue where name like '%script%'")
    cases += [f"case/{row['identity_id']}" for row in rows]
    paths = ["", *cases, "decisions", "rules", "rules/email_exact", "explain", "explain/contact/1"]
    paths += ["explain/meeting/meeting%20a1", "explain/address/paul@example.net"]
    for path in paths:
        page.goto(start + path)
        if path in cases:
            page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        assert axe_findings(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    page.goto(start + cases[0])
    page.fill("#q", "farrow")
    page.wait_for_selector("#found .card")
    assert axe_findings(page) == []
    page.goto(start + "nonsense/")
    page.context.clear_cookies()
    page.goto(start)
    assert axe_findings(page) == []
