"""R2 to R4 and hints: who may be a client is asked about in the order of likelihood, or merely shown."""

import pytest

from calendly_pipeline_tests.contacts.conftest import World

NUMBER = "(212) 555-0100"


@pytest.fixture
def robert(world: World) -> World:
    """A hundred cards, and Robert Hale's."""
    world.others().numbers(NUMBER)
    return world.card(
        "7", "Robert Hale", "robert.hale@mills.example", "rhale62@comcast.net", phones=f'["{NUMBER}"]'
    )  # fmt: skip


@pytest.mark.parametrize("name", [None, "Robert", "Zoe Hale", "Robert Cedar", "Zoe Birch"])
def test_phone_only(robert: World, name: str | None) -> None:
    """R2: the card's number under another or half a name is asked about."""
    robert.booked("a", "sunny@example.org", name, phone=NUMBER)
    assert robert.verdict("a") == ("review", None, "phone_only")


def test_switchboard(robert: World) -> None:
    """A number of more than three differently named contacts says nothing about a fourth."""
    for number, name in enumerate(("Jane Alder", "Max Birch", "Zoe Cedar")):
        robert.card(f"8{number}", name, phones=f'["{NUMBER}"]')
    robert.booked("a", "sunny@example.org", "Ida Oak", phone=NUMBER).booked(
        "b", "s@example.org", "Bob Hale", phone=NUMBER
    )
    assert robert.verdict("a") == ("unmatched", None, "none")
    assert robert.verdict("b") == ("auto", "7", "phone_name")


@pytest.mark.parametrize(
    ("address", "name", "rule"),
    [
        ("rhale63@comcast.net", "Robert Hale", "typo_local_digits"),
        ("rhal62@comcast.net", "Bob Hale", "typo_local_near"),
        ("rhale62@gmail.com", "Bob Hale", "same_local_near"),
        ("rhalle62@comcast.ne", "Robert Hale", "near_address_name"),
        ("quiet@harbour.example", "Robert Hale", "full_name_rare"),
        ("quiet@harbour.example", "Bob Hale", "near_name"),
        ("rhale62@gmail.com", "Robert", "local_part_first_name"),
        ("rcedar@mills.example", "Robert Cedar", "company_first_name"),
        ("bob@mills.example", "Bob", "company_first_name"),
        ("bobh@mills.example", "Bob Hale", "company_near_name"),
    ],
)
def test_questions(robert: World, address: str, name: str, rule: str) -> None:
    """Each question has its rule, and the contact stands among those offered."""
    robert.booked("a", address, name)
    assert robert.verdict("a") == ("review", None, rule)
    assert [one["contact_id"] for one in robert.queued()[0]["candidates"]] == ["7"]


@pytest.mark.parametrize(
    ("scale", "verdict"),
    [(1, ("review", "full_name_rare", "R2")), (10, ("review", "full_name", "R3")), (100, ("unmatched", "none", None))],
)
def test_a_name_alone(robert: World, scale: float, verdict: tuple[str, str, str | None]) -> None:
    """A name alone is as good as it is rare: asked first, asked later, or only shown."""
    robert.scaled(scale).booked("a", "quiet@harbour.example", "Robert Hale")
    (match,) = robert.matches("a")
    assert (match["decision"], match["rule"], match["tier"]) == verdict
    hints = [(row["contact_id"], row["rule"]) for row in robert.tables.rows("contacts.hints")]
    assert hints == ([("7", "name_hint")] if match["decision"] == "unmatched" else [])


def test_many_of_a_name(robert: World) -> None:
    """Four contacts of one not so rare name are no question any more."""
    for number in range(3):
        robert.card(f"8{number}", "Robert Hale", f"x{number}@birch.example")
    robert.scaled(4).booked("a", "quiet@harbour.example", "Robert Hale")
    assert robert.verdict("a") == ("unmatched", None, "none")
    assert len(robert.tables.rows("contacts.hints")) == 4


def test_hints_are_few(robert: World) -> None:
    """No more hints are kept than candidates are shown."""
    for number in range(9):
        robert.card(f"8{number}", "Robert Hale", f"x{number}@birch.example")
    robert.booked("a", "quiet@harbour.example", "Robert Hale")
    assert robert.verdict("a")[0] == "unmatched"
    assert len(robert.tables.rows("contacts.hints")) == 5


def test_two_of_a_first_name_at_a_company(robert: World) -> None:
    """R4 asks about one candidate only; of two there is a hint."""
    robert.card("8", "Robert Oak", "roak@mills.example").booked("a", "rcedar@mills.example", "Robert Cedar")
    assert robert.verdict("a") == ("unmatched", None, "none")
    assert {row["rule"] for row in robert.tables.rows("contacts.hints")} == {"company_hint"}


def test_large_company(robert: World) -> None:
    """A first name within a company of many contacts is a hint, not a question."""
    for number in range(10):
        robert.card(f"8{number}", f"Zoe{'abcdefghij'[number]} Birch", f"z{number}@mills.example")
    robert.booked("a", "rcedar@mills.example", "Robert Cedar")
    assert robert.verdict("a") == ("unmatched", None, "none")


@pytest.mark.parametrize(("decision", "wanted"), [("auto", "auto"), ("hint", "unmatched"), ("off", "review")])
def test_switches(robert: World, decision: str, wanted: str) -> None:
    """A firm may have rare names linked, or merely shown; switched off, the next rule speaks."""
    robert.switched("full_name_rare", decision).booked("a", "quiet@harbour.example", "Robert Hale")
    assert robert.verdict("a")[0] == wanted


def test_strangers_are_explained(robert: World) -> None:
    """The sentence says how many strangers of the name are to be expected, and the match keeps the number."""
    robert.scaled(10).booked("a", "quiet@harbour.example", "Robert Hale")
    (match,) = robert.matches("a")
    # Of Robert the census says more than the cards, of Hale the cards say more: one of 101.
    assert match["expected_strangers"] == pytest.approx(10 * 2.5 * 101 * 0.015715 * (1 / 101), rel=0.02)
    assert "0.39 strangers of that name are to be expected" in match["explanation"]


def test_evidence_of_a_search(robert: World) -> None:
    """Company, telephone and the addresses that are alike stand in the evidence."""
    robert.booked("a", "rhale62@gmail.com", "Bob Hale", phone=NUMBER).booked(
        "b", "rcedar@mills.example", "Robert Cedar"
    )
    rows = robert.run().rows("contacts.match_evidence")
    found = {(row["field"], row["comparison"]) for row in rows}
    assert {("address", "same_local_part"), ("phone", "exact"), ("name", "near"), ("domain", "exact")} <= found


def test_capped_key(robert: World) -> None:
    """A key that too many share is not followed, and said to be so."""
    robert.tables.connection.execute("update contacts.rule_set set largest_product = 1")
    for number in range(2):
        robert.booked(f"a{number}", f"quiet{number}@harbour.example", "Zoe Birch", phone=NUMBER)
    assert robert.verdict("a0") == ("unmatched", None, "none")
    (bad,) = robert.tables.bad_rows("contacts", "no_key_is_capped")
    assert (bad["block"], bad["cards_count"], bad["identities_count"]) == ("phone", 1, 2)
