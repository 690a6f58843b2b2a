"""What must hold for any input."""

import hashlib

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calendly_pipeline.contacts.lists import load_lists, read_rule_set
from calendly_pipeline.warehouse import content_hash, create_schemas, prepare
from calendly_pipeline_tests.conftest import Tables
from calendly_pipeline_tests.contacts.conftest import World

LOCAL = st.text("abcABC.+-_ 19éø", min_size=1, max_size=12)
DOMAIN = st.sampled_from(
    ["gmail.com", "GoogleMail.com", "me.com", "pm.me", "ya.ru", "example.com", "duck.com", "münchen.example", "x@y.com"]
)


@pytest.fixture(scope="module")
def macros() -> duckdb.DuckDBPyConnection:
    """A connection that knows the macros."""
    connection = duckdb.connect(":memory:")
    prepare(connection)
    return connection


@given(local=LOCAL, domain=DOMAIN, is_relay=st.booleans())
@settings(deadline=None)
def test_canonical_address_is_idempotent(
    macros: duckdb.DuckDBPyConnection, local: str, domain: str, is_relay: bool
) -> None:
    """The canonical form of a canonical address is itself, and never loses the person."""

    def value(query: str, given: str) -> str:
        return macros.execute(query, {"given": given}).fetchall()[0][0]

    canonical = f"select canonical_address($given::varchar, {str(is_relay).lower()})"
    plain = value("select plain_address($given)", f"{local}@{domain}")
    once = value(canonical, plain)
    assert value(canonical, once) == once
    assert once.startswith("@") == plain.startswith("@")


def _crowd(world: World, seed: int) -> Tables:
    """A book full of traps, its rows in an order of the seed's."""
    people = ["Jane Alder", "Max Alder", "Bob Hale", "Robert Hale", "Zoe Birch", "Jane Birch"]
    for number in range(60):
        name = people[number % len(people)]
        world.card(str(100 + number), name, f"p{number % 23}@gmail.com", f"x{number % 17}@mills{number % 5}.example")
        world.person(people[(number + 1) % len(people)], f"p{number % 23}@gmail.com", f"b{number}@example.com")
        for copy in range(4):
            domain = ("gmail.com", "gmial.com", "googlemail.com", "mills1.example")[copy]
            hint = str(100 + number) if number % 9 == 0 else None
            address = f"p{number % 29}+t@{domain}" if number % 2 else f"x{number % 19}@{domain}"
            world.booked(f"{number}-{copy}", address, people[(number + copy) % len(people)], crm_contact_hint=hint)
    for number in range(0, 20, 2):
        world.decided("confirm", f"p{number}@gmail.com", "jane alder", contact_id=str(100 + number))
        world.decided("reject", f"p{number + 1}@gmail.com", "zoe birch", contact_id=str(101 + number))
    for rows in (world.cards, world.people, world.attendees, world.decisions, world.files):
        rows.sort(key=lambda row: hashlib.sha256(f"{seed} {row}".encode()).hexdigest())
    return world.run()


def test_order_and_threads_change_nothing() -> None:
    """The same rows in any order, on one thread or two, give the same tables."""
    found = []
    for seed, threads in ((1, 1), (2, 2), (3, 2)):
        with duckdb.connect(":memory:", config={"threads": threads}) as connection:
            create_schemas(connection)
            prepare(connection)
            load_lists(connection)
            tables = Tables(connection)
            tables.run_stage("sources", "meetings")
            _crowd(World(tables), seed)
            kept = ("contacts", "addresses", "identities", "candidates", "matches", "match_evidence", "review_queue")
            found.append({table: content_hash(connection, f"contacts.{table}") for table in kept})
    assert found[0] == found[1] == found[2]
    assert not any(hashed.startswith("0-") for hashed in found[0].values())


def test_rule_set_version() -> None:
    """The version names the file's own and changes with any of the lists."""
    assert read_rule_set().version.startswith("2026.3-")
    assert read_rule_set() == read_rule_set()


def test_lists_are_clean() -> None:
    """Lists are lower case, without repetitions; a slip is no domain of a provider, and every rule explains itself."""
    tables = read_rule_set().tables
    domains = [row["domain"] for row in tables["mail_domains"]]
    assert len(domains) == len(set(domains))
    assert all(domain == domain.lower().strip() for domain in domains)
    freemail = {row["domain"] for row in tables["mail_domains"] if row["class"] == "freemail"}
    assert {row["meant"] for row in tables["mail_domains"] if row["class"] == "typo"} <= freemail
    assert all(row["explanation"].endswith((".", "?")) for row in tables["rules"])
    pairs = [frozenset((row["name"], row["form"])) for row in tables["nicknames"]]
    assert len(pairs) == len(set(pairs))
