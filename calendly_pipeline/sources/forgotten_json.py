"""People taken out of what an API or a webhook said, so that what is said of others stays.

An object that has the address is that person's: an invitee, an attendee, a contact. It goes, with what holds nothing
else: a booking whose last attendee it was, a delivery about nobody else. Where the address or the person's name stands
in what is left (guests, titles, answers), it is replaced.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from calendly_pipeline.addresses import Holds, fold, mentions, without, without_names

GONE: Any = object()
"""Nothing is left of a value."""
ADDRESS_KEY = re.compile(r"(?:invitee_?|attendee_?|booker_?)?e-?mail(?:_?address)?", re.IGNORECASE)
NAME_KEY = re.compile(r"(?:full_?|first_?|last_?|invitee_?|attendee_?)?name", re.IGNORECASE)
WRAPPERS = ("payload", "resource", "body")
"""Hold what the whole is about."""
OTHERS = ("user", "organizer", "hosts", "event_memberships", "profile", "account")
"""Hold the firm's own people, who may have the invitee's domain but are not the invitee."""


@dataclass
class Forgetting:
    """Takes people out of one record after the other and counts them."""

    holds: Holds
    gone_events: frozenset[str] = frozenset()
    """Ids of Calendly events that nobody else attended."""
    people_count: int = 0
    names: set[str] = field(default_factory=set)

    def text(self, text: str) -> str | None:
        """A JSON text; None when nothing is left of it. The same text when it names nobody."""
        if not self.may_change(text):
            return text
        before = json.loads(text)
        after = self.value(before)
        if after is GONE:
            return None
        return text if after == before else json.dumps(after, ensure_ascii=False)

    def value(self, value: Any) -> Any:
        """A record, or the answer around records."""
        self.names = set()
        left = self._taken_out(value)
        return left if left is GONE else self._unnamed(left)

    def may_change(self, text: str) -> bool:
        """Whether a JSON text has to be looked into; quick, for the many that name nobody."""
        # `\\u0040` is how some encoders write @
        return bool(self.gone_events) or "\\u" in text or mentions(text, self.holds)

    def _taken_out(self, value: Any) -> Any:
        if isinstance(value, list):
            left = [self._taken_out(item) for item in value]
            return [item for item in left if item is not GONE]
        if not isinstance(value, dict):
            return value
        if self._is_persons(value):
            self.people_count += 1
            self.names |= _names(value)
            return GONE
        if _event_id(value) in self.gone_events:
            return GONE
        return self._members(value)

    def _members(self, value: dict[str, Any]) -> Any:
        left = {key: self._taken_out(item) for key, item in value.items()}
        if any(left[key] is GONE for key in WRAPPERS if key in left):
            return GONE
        if _is_deserted(value, left, "attendees") or (left.get("data") is GONE):
            return GONE
        return {key: item for key, item in left.items() if item is not GONE}

    def _is_persons(self, value: dict[str, Any]) -> bool:
        if "ContactId" in value and mentions(json.dumps(value.get("Email"), ensure_ascii=False), self.holds):
            return True  # LACRM: {"ContactId": ..., "Email": [{"Text": ..., "Type": ...}]}
        said = (item for key, item in value.items() if ADDRESS_KEY.fullmatch(key))
        texts = (
            item.get("value") if isinstance(item, dict) else item for item in said
        )  # Cal.com: {"email": {"value"}}
        return any(isinstance(text, str) and self.holds(fold(text)) for text in texts)

    def _unnamed(self, value: Any) -> Any:
        if isinstance(value, list):
            left = [self._unnamed(item) for item in value]
            return [new for new, old in zip(left, value, strict=True) if not self._is_only_address(old)]
        if isinstance(value, dict):
            return {
                self._unnamed(key): item if key in OTHERS and not self._named(item) else self._unnamed(item)
                for key, item in value.items()
            }
        if isinstance(value, str):
            return without_names(without(value, self.holds), self.names)
        return value

    def _named(self, value: Any) -> bool:
        return mentions(json.dumps(value, ensure_ascii=False), self.holds)

    def _is_only_address(self, value: Any) -> bool:
        return isinstance(value, str) and self.holds(fold(value))


def _names(person: dict[str, Any]) -> set[str]:
    """Full names only: a first name alone is a word that others have too."""
    said = [item for key, item in person.items() if NAME_KEY.fullmatch(key)]
    texts = [item.get("value") if isinstance(item, dict) else item for item in said]
    found = {text for text in texts if isinstance(text, str)}
    first, last = (_first(person, keys) for keys in (("first_name", "firstName"), ("last_name", "lastName")))
    return {name.strip() for name in (*found, f"{first} {last}") if " " in name.strip()}


def _first(person: dict[str, Any], keys: tuple[str, ...]) -> str:
    return next((item for key in keys if isinstance(item := person.get(key), str)), "")


def _event_id(value: dict[str, Any]) -> str | None:
    found = re.search(r"/scheduled_events/([^/]+)/?$", str(value.get("uri") or ""))
    return found[1].lower() if found else None


def _is_deserted(before: dict[str, Any], left: dict[str, Any], key: str) -> bool:
    return isinstance(before.get(key), list) and bool(before[key]) and left[key] == []
