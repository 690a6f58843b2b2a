"""Names as compared, and how well two of them agree, on literal pairs."""

from calendly_pipeline_tests.conftest import Tables

SPELLINGS = {
    "Jane Alder": "jane alder",
    "  JANE   ALDER ": "jane alder",
    "Alder, Jane": "jane alder",
    "Alder, Jane M.": "jane m alder",
    "Alder Jr., John": "john alder",
    "John Alder, Jr.": "john alder",
    "John Alder III": "john alder",
    "Dr. Jane Alder, CFP®": "jane alder",
    "Jane Alder, Ph.D., CFA": "jane alder",
    "Mr. and Mrs. Max Alder": "max alder",
    "Jane & Max Alder": "jane & max alder",
    "Jane and Max Alder": "jane & max alder",
    "Prof. Dr. Jürgen Groß": "jurgen gross",
    "Łukasz Ørsted": "lukasz orsted",
    "Zoë O’Brien": "zoe obrien",
    "Anne-Marie Smith-Jones": "anne marie smith jones",
    "Robert (Bob) Hale": "robert hale",
    'Robert "Bob" Hale': "robert hale",
    "Robert 'Bob' Hale": "robert hale",
    "J.R. Hale": "j r hale",
    "王小明": "王小明",
    "Иван Петров": "иван петров",
    "Mia Mrsic": "mia mrsic",
    "Andy Anderson": "andy anderson",
    "Missy Drake": "missy drake",
    "jane@example.com": None,
    "Guest": None,
    "...": None,
    "12345": None,
}
AGREEMENTS = {
    ("Jane Alder", "Jane Alder"): "full",
    ("Jane Alder", "Alder Jane"): "full",
    ("Jane M. Alder", "Jane Alder"): "full",
    ("Jean-Luc Picard", "Jeanluc Picard"): "full",
    ("Marianne Vandenberg", "Mari Anne van den Berg"): "full",
    ("Max Alder", "Jane & Max Alder"): "full",
    ("王小明", "王小明"): "full",
    ("Иван Петров", "Иван Петров"): "full",
    ("Bob Hale", "Robert Hale"): "near",
    ("Bob Hale", "Rob Hale"): "near",
    ("R. Hale", "Robert Hale"): "near",
    ("Jonathan Hale", "Jonathon Hale"): "near",
    ("Jane Alder", "Jane Alder-Birch"): "near",
    ("Jane Fitzgerald", "Jane Fitzgerld"): "near",
    ("Liz Smith-Jones", "Elizabeth Smith"): "near",
    ("Jane", "Jane Alder"): "first_only",
    ("Bob", "Robert Hale"): "first_only",
    ("Jane Alder", "Jane"): "first_only",
    ("Anna", "Anna"): "first_only",
    (None, "Jane Alder"): "none",
    ("Alder", "Jane Alder"): "none",
    ("J", "Jane Alder"): "none",
    ("Jane Birch", "Jane Alder"): "first_same",
    ("Bob Birch", "Robert Hale"): "first_same",
    ("Max Alder", "Jane Alder"): "last_same",
    ("Chris Hale", "Tina Hale"): "last_same",
    ("Christopher Hale", "Christine Hale"): "last_same",
    ("J. Alder", "Max Alder"): "last_same",
    ("Zoe", "Jane Alder"): "first_diff",
    ("Zoe Birch", "Jane Alder"): "conflict",
    ("John Park", "Jon Smith"): "first_same",
    ("R. Park", "Robert Smith"): "conflict",
    ("王小明", "王大明"): "first_diff",
    ("Иван Петров", "Иван Сидоров"): "first_same",
}


def _with_names(tables: Tables, names: set[str | None]) -> Tables:
    rows = [{"attendee_id": str(n), "name": name} for n, name in enumerate(sorted(filter(None, names)))]
    tables.given("meetings.attendees", *rows)
    return tables.run("contacts.attendee_details", "contacts.names", "contacts.name_parts")


def test_spellings(listed: Tables) -> None:
    """Accents, titles, suffixes, brackets and the order of `Last, First` make no difference; e-mails are no names."""
    found = _with_names(listed, set(SPELLINGS)).rows("select trim(said) as said, name_normalised from contacts.names")
    wanted = {said.strip(): name for said, name in SPELLINGS.items()}
    assert {row["said"]: row["name_normalised"] for row in found} | {
        said: None for said in wanted if "@" in said
    } == wanted


def test_generation(listed: Tables) -> None:
    """Junior and senior are kept apart, wherever they stand."""
    names: set[str | None] = {"John Alder Jr.", "Alder Sr., John", "John Alder III", "John Alder", "Iva Iv"}
    found = _with_names(listed, names).rows("select said, generation from contacts.names")
    assert {row["said"]: row["generation"] for row in found} == {
        "John Alder Jr.": "jr", "Alder Sr., John": "sr", "John Alder III": "iii", "John Alder": None, "Iva Iv": "iv",
    }  # fmt: skip


def test_agreements(listed: Tables) -> None:
    """Each pair agrees as well as a careful reader would say, in both directions."""
    _with_names(listed, {name for pair in AGREEMENTS for name in pair})
    query = """
        select name_agreement(
            (select parts from contacts.name_parts as parts
             inner join contacts.names as names using (name_normalised) where names.said = $one),
            (select parts from contacts.name_parts as parts
             inner join contacts.names as names using (name_normalised) where names.said = $two),
            surname_similarity, first_name_similarity, joined_letters
        ) as agreement
        from contacts.rule_set
    """

    def agreement(one: str | None, two: str | None) -> str:
        return listed.connection.execute(query, {"one": one, "two": two}).fetchall()[0][0]

    assert {pair: agreement(*pair) for pair in AGREEMENTS} == AGREEMENTS
    assert {pair: agreement(*reversed(pair)) for pair in AGREEMENTS} == AGREEMENTS


def test_two_names_of_one_nickname(listed: Tables) -> None:
    """Christopher and Christine are both Chris, and are not each other."""
    parts = _with_names(listed, {"Christopher Hale", "Chris Hale"}).rows("contacts.name_parts")
    forms = {row["first_token"]: row["forms"] for row in parts}
    assert {"christopher", "christine"} <= set(forms["chris"])
    assert "christine" not in forms["christopher"]
