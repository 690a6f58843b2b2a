"""Telephone numbers as said, in E.164.

What belongs here: what only the `phonenumbers` library can know. What does not: whose number it is (SQL).
"""

from collections.abc import Iterable

import phonenumbers


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
