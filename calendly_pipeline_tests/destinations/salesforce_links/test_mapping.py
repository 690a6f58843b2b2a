"""Fields found by label or name, and every mistake in words that name the fix, before anything is sent."""

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest

from calendly_pipeline.clients.salesforce_answers import described
from calendly_pipeline.destinations.salesforce_links.adapter import make_adapter
from calendly_pipeline.destinations.salesforce_links.mapping import Mistakes, link_mapping, user_field
from calendly_pipeline.failures import MappingError
from calendly_pipeline.findings import Finding
from calendly_pipeline.settings_salesforce_links import SalesforceLinksDestination
from calendly_pipeline_tests.destinations.salesforce_links.firm import Firm
from calendly_pipeline_tests.destinations.salesforce_links.given import member, settings
from calendly_pipeline_tests.fakes.salesforce.records import FieldSpec, SObject
from calendly_pipeline_tests.fakes.salesforce.world import LINK_KEY, LINK_OBJECT, USER_LINK, World

EMAIL, URL, INFO = "Calendly__usrMail__c", "Calendly__lnk_URL__c", "Calendly__lnk_Info__c"
TABLE = "destinations.salesforce_links"


def package() -> SObject:
    """Calendly's object with an external id added to it."""
    return World().install_package()


def mapped(there: SObject, **rules: Any) -> dict[str, str]:
    """What goes where; `key` the external id."""
    found = link_mapping(described(there.shape()), SalesforceLinksDestination.model_validate(rules))
    return {"key": found.key.name, **{name: field.name for name, field in found.fields.items()}}


def wrong(there: SObject, **rules: Any) -> dict[str, str]:
    """Setting -> what is wrong with it."""
    with pytest.raises(Mistakes) as raised:
        mapped(there, **rules)
    assert {finding.level for finding in raised.value.findings} == {"error"}
    return {finding.subject.removeprefix(f"{TABLE}."): finding.text for finding in raised.value.findings}


def test_odd_api_names_are_found_by_their_labels() -> None:
    """Address and link by label, the key because it is the only external id."""
    assert mapped(package()) == {"key": LINK_KEY, "email": EMAIL, "link": URL}


def test_names_in_the_settings_win() -> None:
    """By API name whatever its case, or by label; name and type only when they are named."""
    there = package()
    there.add_fields([FieldSpec("Own__c", "My own"), FieldSpec("Other_Key__c", "Other", is_external_id=True)])
    rules = {"fields": {"link": "own__c", "type": "Link Type", "name": "Name"}, "external_id_field": LINK_KEY}
    assert mapped(there, **rules) == {"key": LINK_KEY, "email": EMAIL, "link": "Own__c", "type": INFO, "name": "Name"}


def test_a_label_of_the_wrong_type_is_passed_over() -> None:
    """A look-up called Link is not the link; another usual label is."""
    there = package()
    del there.fields[URL]
    there.add_fields([FieldSpec("L__c", "Link", "reference", 18), FieldSpec("U__c", "Scheduling URL", "url")])
    assert mapped(there)["link"] == "U__c"


def change(name: str, **cells: Any) -> Callable[[SObject], None]:
    """A field made otherwise."""

    def made(there: SObject) -> None:
        for cell, value in cells.items():
            setattr(there.fields[name], cell, value)

    return made


def gone(name: str) -> Callable[[SObject], None]:
    """A field taken away."""
    return lambda there: there.fields.pop(name) and None


def more(*fields: FieldSpec) -> Callable[[SObject], None]:
    """Further fields."""
    return lambda there: there.add_fields(fields)


@pytest.mark.parametrize(
    ("made", "setting", "words"),
    [
        (gone(URL), "fields.link", "no field that may be seen is called 'Link' or .*; name one of: .*Link Type"),
        (change(EMAIL, label="Mail"), "fields.email", "called 'User Email' or .*Calendly__usrMail__c \\(Mail\\)"),
        (more(FieldSpec("Two__c", "Link")), "fields.link", "several fields are called 'Link'; name one of: .*Two__c"),
        (change(URL, is_writable=False), "fields.link", r"\(Link\) may not be written; give the user .* edit access"),
        (gone(LINK_KEY), "external_id_field", "External ID; add a text field of 80 characters with External ID"),
        (
            more(FieldSpec("B__c", "B", is_external_id=True)),
            "external_id_field",
            f"several external ids; name one of: {LINK_KEY}, B__c",
        ),
        (change(LINK_KEY, length=36), "external_id_field", "takes 36 characters and keys have 45; make it 80"),
        (change(LINK_KEY, type="double"), "external_id_field", "is of type double; choose one of type string or email"),
        (more(FieldSpec("R__c", "Region", is_required=True)), "object", "no row without R__c .*give it a default"),
    ],
)
def test_mistakes_name_the_setting_and_the_fix(made: Callable[[SObject], None], setting: str, words: str) -> None:
    """One finding, for the setting at fault, that says what to do."""
    there = package()
    made(there)
    found = wrong(there)
    assert list(found) == [setting]
    assert re.search(words, found[setting]), found[setting]


@pytest.mark.parametrize(
    ("rules", "setting", "words"),
    [
        ({"fields": {"link": "Nothing__c"}}, "fields.link", "is called 'Nothing__c'"),
        ({"fields": {"link": "Id"}}, "fields.link", "of type id; choose one of type url or string or textarea"),
        ({"external_id_field": "Key__c"}, "external_id_field", "no field called Key__c"),
        ({"external_id_field": URL}, "external_id_field", f"no field called {URL}"),
    ],
)
def test_settings_that_name_nothing(rules: dict[str, Any], setting: str, words: str) -> None:
    """A field that is not there, of the wrong type, or no external id."""
    assert words in wrong(package(), **rules)[setting]


def test_all_mistakes_are_named_at_once() -> None:
    """An admin mends them in one go."""
    there = package()
    for name in (URL, EMAIL, LINK_KEY):
        del there.fields[name]
    assert set(wrong(there)) == {"fields.email", "fields.link", "external_id_field"}


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (gone(USER_LINK), "User has no field Calendly__CalendlyLink__c that may be seen; install Calendly's package"),
        (change(USER_LINK, type="boolean"), "is of type boolean"),
        (change(USER_LINK, is_writable=False), "may not be written"),
    ],
)
def test_the_users_field(made: Callable[[SObject], None], words: str) -> None:
    """Missing, of the wrong type or read-only is an error; a blank setting leaves users alone."""
    world = World()
    world.install_package()
    made(world.objects["User"])
    there = described(world.objects["User"].shape())
    with pytest.raises(Mistakes, match=words):
        user_field(there, SalesforceLinksDestination())
    assert user_field(there, SalesforceLinksDestination(user_field="")) is None


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"object": "No such"}, "object"),
        ({"fields": {"mail": "X"}}, "mail"),
        ({"fields": {"name": "Name", "type": "name "}}, "the same field"),
        ({"api_version": "v64"}, "api_version"),
    ],
)
def test_settings_that_cannot_be_right(table: dict[str, Any], words: str) -> None:
    """What is no API name, no field of ours, or one field twice is refused when the file is read."""
    with pytest.raises(ValueError, match=words):
        settings(**table)


def findings(firm: Firm) -> list[Finding]:
    """What doctor is told."""

    async def look() -> list[Finding]:
        adapter = make_adapter(firm.settings, firm.state)
        assert adapter is not None
        async with adapter:
            return await adapter.check()

    return asyncio.run(look())


def test_doctor_is_told_what_was_found(firm: Firm) -> None:
    """Which field takes what, what else could be filled, and how much of the day is used."""
    firm.org.world.links.fields[LINK_KEY].is_unique = False
    firm.org.world.used = 13_000
    found = {(finding.level, finding.subject.removeprefix(f"{TABLE}.")): finding.text for finding in findings(firm)}
    assert found["ok", "object"] == f"{LINK_OBJECT}: key in {LINK_KEY}, email in {EMAIL}, link in {URL}"
    assert "Calendly__lnk_Info__c (Link Type)" in found["ok", "fields"]
    assert "not marked as Unique" in found["warning", "external_id_field"]
    assert found["ok", "user_field"] == f"User.{USER_LINK} takes the profile link"
    assert "13,002 of the 15,000 requests" in found["warning", "salesforce_links"]


def test_an_object_that_is_not_there(firm: Firm) -> None:
    """Without the package doctor says what to install or name."""
    del firm.org.world.objects[LINK_OBJECT]
    (found,) = [finding for finding in findings(firm) if finding.level == "error"]
    assert (found.subject, "install Calendly's package, or name an object" in found.text) == (f"{TABLE}.object", True)


def test_nothing_is_sent_over_a_mistake(firm: Firm) -> None:
    """The mistakes stop a send before its first write."""
    firm.org.world.add_user("ada@firm.example")
    firm.put([member("ada")])
    del firm.org.world.links.fields[URL]
    del firm.org.world.objects["User"].fields[USER_LINK]
    with pytest.raises(MappingError, match=r"fields\.link.*user_field"):
        firm.send()
    assert firm.org.server.writes() == []
