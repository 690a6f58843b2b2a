"""Commands of the review: the queue and its answers without a browser, and the password of the desk."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from getpass import getuser
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from calendly_pipeline import environment
from calendly_pipeline.contacts.decisions import (
    KINDS,
    Decision,
    Kept,
    all_decisions,
    answers,
    checked,
    in_force,
    record,
)
from calendly_pipeline.contacts.decisions import undo as undo_answer
from calendly_pipeline.contacts.review_answers import answer
from calendly_pipeline.contacts.review_cases import case, waiting
from calendly_pipeline.contacts.review_snapshot import Published, Snapshot
from calendly_pipeline.failures import InputError
from calendly_pipeline.home import Home
from calendly_pipeline.state import State

console = Console(highlight=False)
SHORTEST_PASSWORD = 12
NEXT = "It counts with the next refresh: `calendly-pipeline run`."


@dataclass(frozen=True)
class Desk:
    """Both stores, and what was decided so far."""

    published: Published
    state: State
    kept: list[Kept]


@click.group()
def review() -> None:
    """Who is who: the cases that wait for a person, and the answers given."""


@review.command("list")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True)
@click.option("--format", "shape", type=click.Choice(["table", "json"]), default="table", show_default=True)
def list_cases(limit: int, shape: str) -> None:
    """Show the cases that wait, most meetings first."""
    with _desk() as desk:
        rows = waiting(desk.published, desk.kept)
        found = [case(desk.published, desk.kept, row["identity_id"]) for row in rows[:limit]]
    cases = [one for one in found if one is not None]
    if shape == "json":
        told = [
            {
                "case": one.identity_id,
                "address": one.address,
                "name": one.name,
                "meetings": one.meetings_count,
                "rule": one.rule,
                "explanation": one.explanation,
                "candidates": [{"contact_id": each.contact_id, "name": each.name} for each in one.candidates],
            }
            for one in cases
        ]
        click.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return
    table = Table(title=f"{len(rows)} waiting")
    for column in ("address", "name", "meetings", "candidates", "why"):
        table.add_column(column, overflow="fold")
    for one in cases:
        offered = "\n".join(f"{each.name} [{each.contact_id}]" for each in one.candidates)
        table.add_row(*map(_plain, (one.address, one.name, str(one.meetings_count), offered, one.explanation)))
    console.print(table, markup=False)


def _options(command: click.Command) -> click.Command:
    click.option("--reason", default="", help="Why; kept with the decision.")(command)
    return click.option("--by", "who", default="", help="Who decided; default: the account you are logged in to.")(
        command
    )


@review.command()
@click.argument("address")
@click.argument("contact_ids", metavar="CONTACT...", nargs=-1, required=True)
@click.option("--name", help="Which of the names that booked with the address; needed when there are several.")
def confirm(address: str, contact_ids: tuple[str, ...], name: str | None, reason: str, who: str) -> None:
    """Say that who booked with ADDRESS is CONTACT; several contacts: all of them (both spouses)."""
    _decide("confirm", address, contact_ids, name, reason, who)


@review.command()
@click.argument("address")
@click.argument("contact_ids", metavar="[CONTACT]...", nargs=-1)
@click.option("--name", help="Which of the names that booked with the address; needed when there are several.")
def reject(address: str, contact_ids: tuple[str, ...], name: str | None, reason: str, who: str) -> None:
    """Say that who booked with ADDRESS is not CONTACT; without one: none of the candidates."""
    _decide("reject", address, contact_ids, name, reason, who)


@review.command("always-map")
@click.argument("address")
@click.argument("contact_id", metavar="CONTACT")
@click.option("--name", help="Only bookings under this name.")
@click.option("--books-for", is_flag=True, help="ADDRESS books for CONTACT, but is not CONTACT's own (an assistant).")
def always_map(address: str, contact_id: str, name: str | None, books_for: bool, reason: str, who: str) -> None:
    """Say that ADDRESS always means CONTACT, whatever name is given."""
    _decide("books_for" if books_for else "always_map", address, (contact_id,), name, reason, who)


@review.command("decide")
@click.argument("kind", type=click.Choice(sorted(kind.replace("_", "-") for kind in KINDS)))
@click.argument("subject")
@click.argument("contact_ids", metavar="[CONTACT]...", nargs=-1)
@click.option("--name", help="Only bookings under this name, where the kind goes by name.")
def decide(kind: str, subject: str, contact_ids: tuple[str, ...], name: str | None, reason: str, who: str) -> None:
    """Keep a decision of any KIND about SUBJECT: an address, a domain (never-match), a household, or a contact."""
    _decide(kind.replace("-", "_"), subject, contact_ids, name, reason, who)


for _command in (confirm, reject, always_map, decide):
    _options(_command)


@review.command()
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True)
def decisions(limit: int) -> None:
    """Show the answers given, newest first, with the number that `undo` takes."""
    with _state() as state:
        kept = all_decisions(state)
    holding = {one.decision_id for one in in_force(kept)}
    table = Table("no.", "answer", "about", "contact", "by", "at", "holds")
    for group in answers(one for one in kept if one.undoes is None)[:limit]:
        for one in group:
            about = " ".join(filter(None, (one.canonical_address, one.name_normalised)))
            told = (str(one.decision_id), one.kind, about, one.contact_id or "", one.decided_by)
            is_holding = "yes" if one.decision_id in holding else "undone"
            table.add_row(*map(_plain, told), f"{one.decided_at:%Y-%m-%d %H:%M}", is_holding)
    console.print(table, markup=False)


@review.command()
@click.argument("decision_id", metavar="NUMBER", type=int)
@click.option("--by", "who", default="", help="Who undoes it; default: the account you are logged in to.")
def undo(decision_id: int, who: str) -> None:
    """Undo the answer that decision NUMBER belongs to; the former state comes back exactly."""
    with _state() as state:
        undone = undo_answer(state, decision_id, _name(who), datetime.now(UTC))
    console.print(f"Undone: {', '.join(map(str, undone))}. {NEXT}", soft_wrap=True)


@review.command("export")
@click.option("--to", "target", required=True, type=click.Path(path_type=Path), help="file.csv or .xlsx")
def export_cases(target: Path) -> None:
    """Write the cases that wait to a file; fill in the first columns and bring it back with `import`."""
    from calendly_pipeline.review_sheets import sheet_rows, write_sheet

    with _desk() as desk:
        count = write_sheet(sheet_rows(desk.published, desk.kept), target)
    console.print(f"{count} cases written to {target}", soft_wrap=True, markup=False)


@review.command("import")
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--by", "who", default="", help="Who decided; default: the account you are logged in to.")
@click.option("--check", is_flag=True, help="Only say what would be kept.")
def import_answers(source: Path, who: str, check: bool) -> None:
    """Take in a file of answers. All its rows are kept, or none when one is wrong."""
    from calendly_pipeline.review_sheets import answered, read_sheet

    with _desk() as desk:
        good, wrong = answered(desk.published, desk.kept, read_sheet(source))
        if wrong:
            raise InputError(f"{source.name}: nothing was kept.\n" + "\n".join(wrong))
        if not check:
            for row in good:
                record(desk.state, row.decisions, _name(who), datetime.now(UTC))
    verb = "would be kept" if check else "kept"
    console.print(f"{len(good)} answers {verb}. {'' if check else NEXT}".strip(), soft_wrap=True)


@review.command()
def password() -> None:
    """Make the line for .env that lets people sign in to the desk."""
    from calendly_pipeline.web.desk_sign_in import hash_password

    chosen = click.prompt("Password of the desk", hide_input=True, confirmation_prompt=True, err=True)
    if len(chosen) < SHORTEST_PASSWORD:
        raise InputError(f"That has fewer than {SHORTEST_PASSWORD} characters.", "Take a sentence.")
    click.echo("Put this line into .env and start `calendly-pipeline serve` again:", err=True)
    click.echo(f"DESK_PASSWORD_HASH={hash_password(chosen)}")


def _decide(kind: str, subject: str, contact_ids: tuple[str, ...], name: str | None, reason: str, who: str) -> None:
    with _desk() as desk:
        said = [
            checked(one, desk.published.contact_id_of)
            for one in _decisions(desk, kind, subject.strip(), contact_ids, name, reason)
        ]
        kept = record(desk.state, said, _name(who), datetime.now(UTC))
    console.print(f"Kept as {', '.join(map(str, kept))}. {NEXT}", soft_wrap=True)


def _decisions(
    desk: Desk, kind: str, subject: str, contact_ids: tuple[str, ...], name: str | None, reason: str
) -> list[Decision]:
    rules, version = KINDS[kind], desk.published.rule_set_version
    if rules.subject in ("household", "contact"):
        return [Decision(kind, subject, "", one, reason, None, version) for one in contact_ids or (None,)]
    canonical = desk.published.canonical_address(subject)
    by_name = kind in ("confirm", "reject", "new_contact")
    known = _booked_as(desk, canonical, name, needed=by_name) if rules.has_name and (by_name or name) else []
    found = next((one for row in known if (one := case(desk.published, desk.kept, row["identity_id"]))), None)
    if found is not None:
        said = answer(desk.published, found, kind, contact_ids, reason=reason)
        return [replace(one, name_normalised=known[0]["name_normalised"]) for one in said]
    if kind == "reject" and not contact_ids:
        raise InputError(f"Nobody is proposed for {subject}.", "Name the contact it is not.")
    normalised = known[0]["name_normalised"] if known else ""
    return [Decision(kind, canonical, normalised, one, reason, None, version) for one in contact_ids or (None,)]


def _booked_as(desk: Desk, canonical: str, name: str | None, *, needed: bool) -> list[dict[str, str]]:
    """Identities of an address under one name; raises InputError when it is not clear which name is meant."""
    rows = desk.published.rows(
        "select identity_id, coalesce(name, '') as name, coalesce(name_normalised, '') as name_normalised "
        "from contacts.identities where canonical_address = $address order by meetings_count desc, identity_id",
        address=canonical,
    )
    wanted = None if name is None else name.strip().casefold()
    fitting = [row for row in rows if wanted in (None, row["name"].casefold(), row["name_normalised"])]
    names = sorted({row["name_normalised"] for row in fitting})
    if len(names) == 1 or (not fitting and not needed and name is None):
        return fitting
    listed = ", ".join(sorted({repr(row["name"]) for row in rows})) or "nobody"
    raise InputError(f"{canonical} booked as {listed}.", "Say which with --name.")


@contextmanager
def _desk() -> Iterator[Desk]:
    home = _home()
    snapshot = Snapshot(home.desk)
    try:
        with _state(home) as state, snapshot.read() as published:
            yield Desk(published, state, all_decisions(state))
    finally:
        snapshot.close()


@contextmanager
def _state(home: Home | None = None) -> Iterator[State]:
    state = State(environment.state_url(home or _home()))
    try:
        state.upgrade()
        yield state
    finally:
        state.close()


def _home() -> Home:
    """The firm's home; the sample's when only that has a desk."""
    home = environment.current_home()
    sample = Home(home.data / "sample_home")
    return sample if sample.desk.exists() and not home.desk.exists() else home


def _name(who: str) -> str:
    return who.strip() or getuser()


def _plain(text: str) -> str:
    """Text from a booking form, without marks that a terminal obeys."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "\N{REPLACEMENT CHARACTER}" for letter in text)
