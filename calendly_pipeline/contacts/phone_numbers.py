"""Telephone numbers as said, in E.164.

What belongs here: what only the `phonenumbers` library can know. What does not: whose number it is (SQL).
"""

from collections.abc import Iterable

import duckdb
import phonenumbers

from calendly_pipeline.warehouse import insert_rows

SAID_NUMBERS = """
    select distinct said
    from (
        select phone as said from contacts.attendee_details
        union all by name
        select unnest(phones) as said from contacts.entries
    )
    where said(said) is not null
"""


def e164(said: str, country: str) -> str | None:
    """The number in E.164, read as one of `country` when it carries no country code; None when it is no number."""
    try:
        number = phonenumbers.parse(said, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def e164_rows(said_numbers: Iterable[str], country: str) -> list[dict[str, str | None]]:
    """Rows of contacts.phone_numbers, one per number as said."""
    return [{"said": said, "e164": e164(said, country)} for said in said_numbers]


def read_numbers(connection: duckdb.DuckDBPyConnection, country: str) -> None:
    """Bring contacts.phone_numbers up to what is said now: a number that was read stays as it is."""
    read_by = f"{country} {phonenumbers.__version__}"
    connection.execute(f"create or replace temp table said_numbers as {SAID_NUMBERS}")
    connection.execute("begin")
    try:
        connection.execute(
            "delete from contacts.phone_numbers "
            "where read_by is distinct from $1 or said not in (select said from said_numbers)",
            [read_by],
        )
        unread = "select said from said_numbers anti join contacts.phone_numbers using (said) order by said"
        said = [number for (number,) in connection.execute(unread).fetchall()]
        rows = [{**row, "read_by": read_by} for row in e164_rows(said, country)]
        insert_rows(connection, "contacts.phone_numbers", rows)
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise
