"""Salesforce as a destination: a row for every Calendly link, and the link field of its users.

Reads before it writes: the rows that are due by their key (a request for some 140), rows of the same link that
Calendly's own connector made (likewise), the users that are due (likewise). Writes up to 200 rows a request, each with
a result of its own, by external id or by the user's id: every write may be repeated.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from calendly_pipeline import environment
from calendly_pipeline.clients.pacing import Deadline
from calendly_pipeline.clients.salesforce import SalesforceClient
from calendly_pipeline.clients.salesforce_answers import Field, RecordResult
from calendly_pipeline.clients.salesforce_login import chosen_login
from calendly_pipeline.destinations.adapter import Adapter
from calendly_pipeline.destinations.merging import narrowed
from calendly_pipeline.destinations.records import Kind, Outcome, Record
from calendly_pipeline.destinations.salesforce_links.mapping import (
    TABLE,
    LinkMapping,
    Mistakes,
    link_mapping,
    unmapped,
    user_field,
)
from calendly_pipeline.failures import NotFound
from calendly_pipeline.findings import Finding
from calendly_pipeline.settings import Settings
from calendly_pipeline.settings_salesforce_links import SalesforceLinksDestination
from calendly_pipeline.state import State

DEADLINE_SECONDS = 1800.0
MUCH_USED = 0.8
"""Share of the organization's requests of a day from which people's other tools may run dry."""
USER_PREFIX = "user:"
SEARCHED_TYPES = ("url", "string", "email")
"""Fields that a query may look for."""


def make_adapter(settings: Settings, _state: State) -> "SalesforceLinksAdapter | None":
    """The adapter; None without a login. Raises SettingsError for half of one."""
    rules = settings.destinations.salesforce_links
    login = chosen_login(environment.secret)
    if rules is None or login is None:
        return None
    client = SalesforceClient(login, version=rules.api_version, deadline=Deadline(DEADLINE_SECONDS))
    return _of_size(rules.batch_size)(client, rules)


class SalesforceLinksAdapter(Adapter[SalesforceClient]):
    """Link rows first, then users: a flow of the firm may look for the row when a user changes."""

    name = "salesforce_links"
    kinds: ClassVar[Mapping[str, Kind]] = {}

    def __init__(self, client: SalesforceClient, rules: SalesforceLinksDestination) -> None:
        self.client = client
        self.rules = rules
        self._mapping: LinkMapping | None = None
        self._user_field: Field | None = None
        self._adopted: dict[str, str] = {}
        """Key -> id of a row that somebody else made of the same link."""

    async def check(self) -> list[Finding]:
        """Object, key, fields and user field are there and may be written; how many requests the day has left."""
        return [*await self._check_links(), *await self._check_users(), *self._usage()]

    async def prepare(self, records: Sequence[Record]) -> list[Record | Outcome]:
        """Narrow rows and users to what differs there now."""
        if records[0].kind == "user":
            return await self._prepared_users(records)
        return await self._prepared_links(records)

    async def send(self, records: Sequence[Record]) -> list[Outcome]:
        """One batch; a result per record."""
        if records[0].kind == "user":
            field = self._writable_user_field()
            rows = [{"Id": _user_id(record), field.name: record.payload["link"]} for record in records]
            return _outcomes(records, await self.client.update("User", rows))
        ours = [record for record in records if record.key not in self._adopted]
        theirs = [record for record in records if record.key in self._adopted]
        key = self._links().key.name
        made = await self.client.upsert(self.rules.object, key, [self._row(record) for record in ours])
        rows = [{"Id": self._adopted[record.key], **self._row(record)} for record in theirs]
        return _outcomes(ours, made) + _outcomes(theirs, await self.client.update(self.rules.object, rows))

    async def _check_links(self) -> list[Finding]:
        subject = f"{TABLE}.object"
        try:
            there = await self.client.describe(self.rules.object)
        except NotFound:
            remedy = "install Calendly's package, or name an object of your own (docs/salesforce.md)"
            said = f"{self.rules.object} is not there, or may not be seen by the user who signs in; {remedy}"
            return [Finding("error", subject, said)]
        try:
            self._mapping = link_mapping(there, self.rules)
        except Mistakes as mistakes:
            return list(mistakes.findings)
        found = ", ".join(f"{name} in {field.name}" for name, field in self._mapping.fields.items())
        findings = [Finding("ok", subject, f"{there.name}: key in {self._mapping.key.name}, {found}")]
        if not self._mapping.key.is_unique:
            said = f"{self._mapping.key.name} is not marked as Unique: somebody may make a second row of one key"
            findings.append(Finding("warning", f"{TABLE}.external_id_field", said))
        free = unmapped(there, self._mapping)
        if free and not {"name", "type"} & self._mapping.fields.keys():
            said = f"fields.name and fields.type are not mapped; they could go into: {', '.join(free)}"
            findings.append(Finding("ok", f"{TABLE}.fields", said))
        return findings

    async def _check_users(self) -> list[Finding]:
        if not self.rules.user_field:
            return [Finding("ok", f"{TABLE}.user_field", "users are left alone")]
        try:
            self._user_field = user_field(await self.client.describe("User"), self.rules)
        except Mistakes as mistakes:
            return list(mistakes.findings)
        return [Finding("ok", f"{TABLE}.user_field", f"User.{self._writable_user_field().name} takes the profile link")]

    def _usage(self) -> list[Finding]:
        usage = self.client.usage
        if usage is None:
            return []
        level = "warning" if usage.used > MUCH_USED * usage.total else "ok"
        said = f"{usage.used:,} of the {usage.total:,} requests that the organization has in 24 hours are used"
        return [Finding(level, self.name, said)]

    async def _prepared_links(self, records: Sequence[Record]) -> list[Record | Outcome]:
        mapping = self._links()
        names = [field.name for field in mapping.fields.values()]
        rows = await self.client.rows(self.rules.object, mapping.key.name, [record.key for record in records], names)
        there = _by(rows, mapping.key.name)
        self._adopted = await self._others_rows([record for record in records if record.key.lower() not in there])
        return [self._prepared_link(record, there.get(record.key.lower(), [])) for record in records]

    def _prepared_link(self, record: Record, rows: Sequence[Mapping[str, Any]]) -> Record | Outcome:
        mapping = self._links()
        if len(rows) > 1:
            ids = ", ".join(str(row["Id"]) for row in rows)
            said = f"several rows have the key {record.key}: {ids}; delete all but one in Salesforce"
            return Outcome(record.key, "rejected", said)
        if not rows and record.operation == "update" and record.key not in self._adopted:
            record = replace(record, payload=self._whole(record))
            if not any(record.payload.values()):
                return Outcome(record.key, "accepted", "there is no row to blank")
        present = {name: rows[0].get(field.name) for name, field in mapping.fields.items()} if rows else None
        return _fitting(narrowed(record, present, self.rules), mapping.fields)

    def _whole(self, record: Record) -> dict[str, Any]:
        """All that may be written of a record whose row somebody deleted."""
        whole = {**record.fields, **record.payload}
        allowed = self.rules.touchable
        return {name: value for name, value in whole.items() if allowed is None or name in allowed}

    async def _others_rows(self, records: Sequence[Record]) -> dict[str, str]:
        """Rows of the same address and link without a key: Calendly's connector made them; one each is taken over."""
        mapping = self._links()
        email, link = mapping.fields["email"], mapping.fields["link"]
        wanted = {_pair(record.fields.get("email"), record.fields.get("link")): record.key for record in records}
        if not records or link.type not in SEARCHED_TYPES:
            return {}
        links = [str(record.fields["link"]) for record in records if record.fields.get("link")]
        rows = await self.client.rows(self.rules.object, link.name, links, [mapping.key.name, email.name])
        free = [row for row in rows if not row[mapping.key.name]]
        pairs = {_pair(row[email.name], row[link.name]): str(row["Id"]) for row in free}
        return {wanted[pair]: row_id for pair, row_id in pairs.items() if pair in wanted}

    async def _prepared_users(self, records: Sequence[Record]) -> list[Record | Outcome]:
        field = self._writable_user_field()
        ids = [_user_id(record) for record in records]
        rows = {str(row["Id"]): row for row in await self.client.rows("User", "Id", ids, ["IsActive", field.name])}
        return [self._prepared_user(record, rows.get(_user_id(record)), field) for record in records]

    def _prepared_user(self, record: Record, row: Mapping[str, Any] | None, field: Field) -> Record | Outcome:
        if row is None or not row["IsActive"]:
            return Outcome(record.key, "skipped", "the user is no longer active")
        return _fitting(narrowed(record, {"link": row[field.name]}, self.rules), {"link": field})

    def _row(self, record: Record) -> dict[str, Any]:
        mapping = self._links()
        values = {mapping.fields[name].name: value for name, value in record.payload.items()}
        return {mapping.key.name: record.key, **values}

    def _links(self) -> LinkMapping:
        if self._mapping is None:
            raise RuntimeError("`check` comes before anything is sent")
        return self._mapping

    def _writable_user_field(self) -> Field:
        if self._user_field is None:
            raise RuntimeError("`check` comes before anything is sent")
        return self._user_field


def _of_size(size: int) -> type[SalesforceLinksAdapter]:
    """The adapter with batches of so many rows."""

    class Sized(SalesforceLinksAdapter):
        kinds: ClassVar[Mapping[str, Kind]] = {"link": Kind(size, phase=0), "user": Kind(size, phase=1)}

    return Sized


def _fitting(record: Record | Outcome, fields: Mapping[str, Field]) -> Record | Outcome:
    """Rejected here when a value is longer than its field, whatever else it would change."""
    if isinstance(record, Outcome):
        return record
    for name, value in record.payload.items():
        longest = fields[name].length
        if value is not None and longest and len(str(value)) > longest:
            said = f"{name} has {len(str(value))} characters, {fields[name].name} takes {longest}; lengthen it in Setup"
            return Outcome(record.key, "rejected", said)
    return record


def _outcomes(records: Sequence[Record], results: Sequence[RecordResult]) -> list[Outcome]:
    return [
        Outcome(record.key, "accepted", "created" if result.is_created else "changed", remote_id=result.record_id)
        if result.is_accepted
        else Outcome(record.key, "rejected", "; ".join(map(str, result.errors)))
        for record, result in zip(records, results, strict=True)
    ]


def _by(rows: Sequence[Mapping[str, Any]], name: str) -> dict[str, list[Mapping[str, Any]]]:
    """Rows by a value, whose case Salesforce does not mind."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(str(row[name]).lower(), []).append(row)
    return found


def _pair(email: Any, link: Any) -> tuple[str, str]:
    return str(email).lower(), str(link)


def _user_id(record: Record) -> str:
    return record.key.removeprefix(USER_PREFIX)
