"""The desk over real HTTP, without scripts: every link and form of the pages works by itself."""

import re

import pytest

from calendly_pipeline.contacts.decisions import Decision, all_decisions, in_force
from calendly_pipeline_tests.contacts.desk_firm import DeskFirm
from calendly_pipeline_tests.web.desk_served import Browser

ALDERS, HALE, CEDAR, BIRCH = "alders@example.com", "robert.hale@gmial.com", "paul@example.net", "vera@birch.example"


def kept(firm: DeskFirm) -> list[tuple[str, str, str, str | None]]:
    """What the state store holds, as a person would say it."""
    found = in_force(all_decisions(firm.state))
    return [(one.kind, one.canonical_address, one.name_normalised, one.contact_id) for one in found]


def test_the_queue_shows_who_waits_most_meetings_first(dana: Browser, desk_firm: DeskFirm) -> None:
    """The queue lists every case with its sentence, the one with two meetings first."""
    dana.get("")
    assert "4 cases wait" in dana.text
    assert re.findall(r"/desk/case/(\w+)", dana.page.text)[0] == desk_firm.case(ALDERS).identity_id
    assert "the name (not given) does not settle who it was" in dana.text


def test_a_case_shows_both_sides_and_marks_the_letters(dana: Browser, desk_firm: DeskFirm) -> None:
    """The letters that differ are marked on both sides, and rule, meetings and neighbours stand on the page."""
    dana.case(desk_firm, HALE)
    assert "robert.hale@<wbr>gmi<mark>a</mark>l.com" in dana.page.text
    assert "robert.hale@<wbr>gm<mark>a</mark>il.com" in dana.page.text
    assert "a slip in the domain" in dana.text
    assert "Portfolio Review" in dana.text
    assert {"prev", "next"} == set(re.findall(r'rel="(\w+)"', dana.page.text)) - {"stylesheet"}


@pytest.mark.parametrize(
    ("address", "fields", "expected"),
    [
        (HALE, {"answer": "link:3", "kind": "confirm"}, [("confirm", HALE, "robert", "3")]),
        (ALDERS, {"answer": "both"}, [("confirm", ALDERS, "", "1"), ("confirm", ALDERS, "", "2")]),
        (ALDERS, {"answer": "reject"}, [("reject", ALDERS, "", "1"), ("reject", ALDERS, "", "2")]),
        (ALDERS, {"answer": "reject:1"}, [("reject", ALDERS, "", "1")]),
        (BIRCH, {"answer": "link:1", "kind": "books_for"}, [("books_for", BIRCH, "tom birch", "1")]),
        (BIRCH, {"answer": "link:4", "kind": "always_map"}, [("always_map", BIRCH, "", "4")]),
        (CEDAR, {"answer": "new_contact"}, [("new_contact", CEDAR, "olga cedar", None)]),
        (CEDAR, {"answer": "never_match"}, [("never_match", CEDAR, "olga cedar", None)]),
        (CEDAR, {"answer": "never_match", "whole_address": "yes"}, [("never_match", CEDAR, "", None)]),
    ],
    ids=lambda value: "-".join(value.values()) if isinstance(value, dict) else None,
)
def test_every_answer_is_one_click(
    dana: Browser, desk_firm: DeskFirm, address: str, fields: dict[str, str], expected: list[tuple]
) -> None:
    """A button writes its decisions, says what it did, and shows the next case."""
    path = dana.case(desk_firm, address)
    answer = dana.post(path, reason="asked", **fields)
    assert answer.status_code == 200
    assert answer.url.path.startswith("/desk/case/")
    assert kept(desk_firm) == expected
    assert {one.reason for one in all_decisions(desk_firm.state)} == {"asked"}
    assert "Undo this answer" in dana.text


def test_a_case_that_was_answered_is_answered_once(dana: Browser, desk_firm: DeskFirm) -> None:
    """The same form sent twice, or by a colleague meanwhile, writes nothing more and says so."""
    path = dana.case(desk_firm, HALE)
    token = dana.token
    dana.post(path, answer="link:3")
    again = dana.post(path, token=token, answer="link:3")
    assert (again.status_code, len(kept(desk_firm))) == (409, 1)
    assert "This case is answered" in dana.text
    assert dana.get(path).status_code == 404


def test_another_contact_is_found_by_any_word(dana: Browser, desk_firm: DeskFirm) -> None:
    """The search finds by name, company and address, whatever the case, and its result can be confirmed."""
    path = dana.case(desk_firm, HALE)
    identity = path.removeprefix("case/")
    for text, name in (("CEDAR ol", "Olga Cedar"), ("birch & co", "Vera Birch"), ("paul@example", "Paul Cedar")):
        assert name in dana.post("search", case=identity, q=text).text
    assert "No contact holds every word" in dana.post("search", case=identity, q="zzz").text
    dana.post("search", case=identity, q="olga")
    dana.post(path, answer="link:6", kind="confirm")
    assert kept(desk_firm) == [("confirm", HALE, "robert", "6")]


def test_undo_brings_the_case_back_at_once(dana: Browser, desk_firm: DeskFirm) -> None:
    """The button in the message, the one above each page and the list of answers all undo."""
    queue = desk_firm.queue()
    path = dana.case(desk_firm, ALDERS)
    for by in ("number", "latest"):
        dana.post(path, answer="both")
        (found, *_) = in_force(all_decisions(desk_firm.state))
        dana.post("undo", **({"decision": str(found.decision_id)} if by == "number" else {}))
        assert dana.page.url.path == f"/desk/{path}"
        assert "Undone: Confirmed" in dana.text
        assert desk_firm.queue() == queue
    assert "There is no answer of yours" in dana.post("undo").text
    assert dana.get("decisions").text.count("(undone)") == 2


def test_nobody_undoes_a_colleagues_answer_by_key(dana: Browser, desk_firm: DeskFirm) -> None:
    """The key undoes one's own last answer, never somebody else's."""
    desk_firm.record(Decision("new_contact", "a@example.com"))
    dana.sign_in("lee")
    assert "There is no answer of yours" in dana.post("undo").text
    assert kept(desk_firm) == [("new_contact", "a@example.com", "", None)]


def test_confirming_together_needs_a_record(dana: Browser, desk_firm: DeskFirm) -> None:
    """49 right answers allow nothing, 50 do; one undo takes all back; a wrong one in 50 closes it again."""
    rule = "typo_domain_name_missing"
    evidence = {"rule": rule, "proposed": "3"}
    for number in range(49):
        desk_firm.record(Decision("confirm", f"p{number}@example.com", "x", "3", evidence=evidence))
    identity = desk_firm.case(HALE).identity_id
    assert "Not yet" in dana.get(f"rules/{rule}").text
    assert dana.post(f"rules/{rule}", token=dana.token, case=[identity]).status_code == 409
    desk_firm.record(Decision("confirm", "p50@example.com", "x", "3", evidence=evidence))
    assert f"/desk/rules/{rule}" in dana.get("rules").text
    assert "100.0 %" in dana.text
    dana.get(f"rules/{rule}")
    dana.post(f"rules/{rule}", case=[identity])
    assert ("confirm", HALE, "robert", "3") in kept(desk_firm)
    dana.post("undo")
    assert HALE in desk_firm.queue()
    desk_firm.record(Decision("reject", "p51@example.com", "x", "3", evidence=evidence))
    assert "Not yet" in dana.get(f"rules/{rule}").text


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("explain/contact/1", "Max Alder (from crm)"),
        ("explain/meeting/meeting%20a1", "does not settle who it was"),
        ("explain/meeting/nothing", "There is no meeting nothing"),
        ("explain/planet/1", "can be explained"),
    ],
)
def test_explain(dana: Browser, path: str, words: str) -> None:
    """The sentences of `calendly-pipeline explain`, on a page."""
    assert words in " ".join([dana.get(path).text, dana.text])


def test_explain_an_address_without_naming_it_in_the_url(dana: Browser, desk_firm: DeskFirm) -> None:
    """An address is explained with the decisions about it; the URL holds no address."""
    identity = desk_firm.case(HALE).identity_id
    dana.post(dana.case(desk_firm, HALE), answer="link:3", reason="rang him")
    dana.get(f"explain/identity/{identity}")
    assert "Address robert.hale@gmial.com" in dana.text
    assert "rang him" in dana.text
    dana.get("explain")
    dana.post("explain", kind="address", key="  Paul@Example.net ")
    assert "held by Paul Cedar (5)" in dana.text
    assert "@" not in str(dana.page.url)


def test_a_refresh_is_seen_without_a_restart(dana: Browser, desk_firm: DeskFirm) -> None:
    """The app goes on with the snapshot that the last refresh put in place."""
    desk_firm.world.booked("g", "alders@example.com", "Zoe Elm")
    desk_firm.world.booked("h", "vera@birch.example", "Ina Birch")
    desk_firm.refresh()
    dana.get("")
    assert "Ina Birch" in dana.text


def test_nothing_published_is_said(dana: Browser, desk_firm: DeskFirm) -> None:
    """Before the first refresh the desk says what to do."""
    desk_firm.home.desk.unlink()
    assert dana.get("").status_code == 503
    assert "Run `calendly-pipeline run` first" in dana.text
