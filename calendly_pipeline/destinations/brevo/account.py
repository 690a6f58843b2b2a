"""Whether what is mapped fits the account: attributes with their types, lists by name; and making what is missing."""

import difflib
from collections.abc import Sequence

from calendly_pipeline.clients.brevo import BrevoClient
from calendly_pipeline.clients.brevo_records import Attribute, ContactList
from calendly_pipeline.settings_brevo import AttributeType, BrevoDestination, ListName

CREATE = "`calendly-pipeline send brevo --create-fields --apply` does"


class Account:
    """One Brevo account as it is mapped."""

    def __init__(self, client: BrevoClient, rules: BrevoDestination) -> None:
        self.client = client
        self.rules = rules
        self._lists: list[ContactList] | None = None

    async def mistakes(self) -> list[str]:
        """Everything that keeps what is mapped from being written, each with its remedy. Raises ApiError."""
        there = {attribute.name.upper(): attribute for attribute in await self.client.attributes()}
        wanted = self.rules.attribute_types()
        wrong = [text for name, kind in wanted.items() if (text := _attribute_mistake(name, kind, there))]
        lists = await self.lists()
        return wrong + [text for said in self.named_lists() if (text := _list_mistake(said, lists))]

    async def list_id(self, said: str) -> int | None:
        """The id of a list by what a record calls it, ids being text; None when it is gone. Raises ApiError."""
        named = next((name for name in self.named_lists() if str(name) == said), None)
        fitting = _fitting(said if named is None else named, await self.lists())
        if not fitting and named is None and said.isdigit():
            fitting = _fitting(int(said), await self.lists())
        return fitting[0].list_id if len(fitting) == 1 else None

    async def lists(self) -> list[ContactList]:
        """Every list, read once."""
        if self._lists is None:
            self._lists = await self.client.lists()
        return self._lists

    def named_lists(self) -> list[ListName]:
        """Every list that the settings name, once."""
        named: list[ListName] = [rule.list for rule in self.rules.lists]
        named += [self.rules.default_list] if self.rules.default_list is not None else []
        named += [self.rules.reengagement.list] if self.rules.reengagement is not None else []
        return list(dict.fromkeys(named))

    async def create_missing(self) -> list[str]:
        """Create attributes and lists that are mapped and not there; what was made, in words. Raises ApiError."""
        there = {attribute.name.upper() for attribute in await self.client.attributes()}
        made = []
        for name, kind in self.rules.attribute_types().items():
            if name not in there:
                await self.client.create_attribute(name, kind)
                made.append(f"the {kind} attribute {name}")
        lists = await self.lists()
        missing = [said for said in self.named_lists() if isinstance(said, str) and not _fitting(said, lists)]
        for said in missing:
            await self.client.create_list(said, await self._folder())
            made.append(f"the list {said!r}")
        self._lists = None if missing else self._lists
        return made

    async def _folder(self) -> int:
        there = await self.client.folders()
        found = next((number for number, name in there.items() if name == self.rules.folder), None)
        return await self.client.create_folder(self.rules.folder) if found is None else found


def _attribute_mistake(name: str, kind: AttributeType, there: dict[str, Attribute]) -> str | None:
    found = there.get(name)
    if found is None:
        near = difflib.get_close_matches(name, there, n=1)
        hint = f"; the nearest that is there is {near[0]}" if near else ""
        return f"Brevo has no attribute {name}{hint}. Create it in Brevo as {kind}, or {CREATE}"
    if not found.is_plain:
        return f"{name} is a {found.category} attribute, which Brevo computes or looks up; map another"
    if found.kind != kind:
        return (
            f"{name} is a {found.kind} attribute and must be {kind}: Brevo drops a value of another type without a "
            "word. A type cannot be changed; map another attribute"
        )
    return None


def _list_mistake(said: ListName, lists: Sequence[ContactList]) -> str | None:
    fitting = _fitting(said, lists)
    if len(fitting) > 1:
        ids = ", ".join(str(found.list_id) for found in fitting)
        return f"several lists are called {said!r}; name one by its id: {ids}"
    if fitting:
        return None
    if isinstance(said, int):
        return f"Brevo has no list {said}; its lists are {_listed(lists)}"
    near = difflib.get_close_matches(said, [found.name for found in lists], n=1)
    hint = f"; the nearest that is there is {near[0]!r}" if near else ""
    return f"Brevo has no list {said!r}{hint}. Create it in Brevo, or {CREATE}"


def _fitting(said: ListName, lists: Sequence[ContactList]) -> list[ContactList]:
    if isinstance(said, int):
        return [found for found in lists if found.list_id == said]
    return [found for found in lists if found.name.strip().casefold() == said.strip().casefold()]


def _listed(lists: Sequence[ContactList]) -> str:
    return ", ".join(f"{found.name!r} ({found.list_id})" for found in lists) or "none"
