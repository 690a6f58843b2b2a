"""What others still hold of a person, and what to do there: nothing here deletes anything at a vendor."""

from collections import defaultdict

from calendly_pipeline.home import Home
from calendly_pipeline.recovery.erasure_state import Person, sent_records
from calendly_pipeline.sources.pages import page_files
from calendly_pipeline.state import State

AT_DESTINATIONS = {
    "lacrm": "delete the contact, or blank its fields and delete the notes and events that hold `[meeting ...]`",
    "brevo": "delete the contact by its address (in the app, or DELETE /contacts/ADDRESS)",
    "clevertap": "delete the profile by its identity (POST /1/delete/profiles.json); events of hosts name the invitee",
    "ortto": "delete the person; the activities go with it",
    "salesforce_links": "delete the rows of Calendly links; the user is Salesforce's own",
}
"""By the vendors' API references."""
AT_TOOLS = {"calendly": "Calendly", "calcom": "Cal.com", "lacrm": "Less Annoying CRM"}
SHOWN = 4


def held_elsewhere(home: Home, state: State, who: Person) -> list[str]:
    """One line per destination that was sent to, contact, and tool that was asked."""
    records: dict[str, list[str]] = defaultdict(list)
    for destination, key in sent_records(state, who):
        records[destination].append(key)
    found = [_at_destination(name, keys) for name, keys in sorted(records.items())]
    found += [f"CRM or address book: contact {contact}" for contact in sorted(who.contact_ids)]
    asked = {path.relative_to(home.landing).parts[:2] for path in page_files(home)}
    return found + [
        f"{AT_TOOLS[platform]}, account {account}: ask it for deletion there"
        for platform, account in sorted(asked)
        if platform in AT_TOOLS
    ]


def _at_destination(name: str, keys: list[str]) -> str:
    """The shortest keys name the person, the longer ones what happened."""
    shown = sorted(keys, key=len)[:SHOWN]
    more = f" and {len(keys) - len(shown)} more" if len(keys) > len(shown) else ""
    return f"{name}: {AT_DESTINATIONS[name]}. Records: {', '.join(shown)}{more}"
