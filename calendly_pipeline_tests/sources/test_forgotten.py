"""People are taken out of rows and records, and everybody else stays."""

import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from calendly_pipeline.addresses import PLACEHOLDER, among
from calendly_pipeline.failures import UnreadableFile
from calendly_pipeline.sources.forgotten_json import GONE, Forgetting
from calendly_pipeline.sources.forgotten_rows import forget_rows, records

ADA = "ada@client.example"
BOB = "bob@client.example"
HOST = "dana@firm.example"
EVENT = "https://api.calendly.com/scheduled_events/E1"


def left(value: Any, *addresses: str, gone: tuple[str, ...] = ()) -> Any:
    """A record without people."""
    return Forgetting(among(addresses or [ADA]), frozenset(gone)).value(value)


def attendee(address: str, name: str) -> dict[str, str]:
    """An attendee as Cal.com says them."""
    return {"email": address, "name": name, "timeZone": "Europe/Berlin"}


def test_an_invitee_goes_and_others_of_the_page_stay() -> None:
    """Of a page of invitees the person's record goes; paging and the others are as they were."""
    page = {"collection": [{"email": ADA.upper(), "uri": "a"}, {"email": BOB, "uri": "b"}], "pagination": {"count": 2}}
    assert left(page) == {"collection": [{"email": BOB, "uri": "b"}], "pagination": {"count": 2}}


def test_a_guest_goes_from_an_event_that_stays() -> None:
    """A guest of somebody else's event is taken off the list; an event that only they attended goes whole."""
    event = {"uri": EVENT, "event_guests": [{"email": ADA}, {"email": BOB}], "name": "Review"}
    assert left(event) == {"uri": EVENT, "event_guests": [{"email": BOB}], "name": "Review"}
    assert left({"collection": [event]}, "nobody@x.example", gone=("e1",)) == {"collection": []}


def test_a_booking_goes_with_its_last_attendee() -> None:
    """A Cal.com booking keeps its other attendees and loses name and address everywhere; with nobody left it goes."""
    booking = {
        "uid": "u",
        "title": "Review between Dana and Ada Client",
        "attendees": [attendee(ADA, "Ada Client"), attendee(BOB, "Bob Client")],
        "hosts": [{"email": HOST, "name": "Dana"}],
        "bookingFieldsResponses": {"email": ADA, "name": "Ada Client", "guests": [BOB]},
        "description": f"for {ADA} and {BOB}",
    }
    assert left({"data": [booking]}) == {
        "data": [
            {
                "uid": "u",
                "title": "Review between Dana and [erased]",
                "attendees": [attendee(BOB, "Bob Client")],
                "hosts": [{"email": HOST, "name": "Dana"}],
                "description": f"for [erased] and {BOB}",
            }
        ]
    }
    assert left({"data": [booking]}, ADA, BOB) == {"data": []}


@pytest.mark.parametrize(
    "body",
    [
        {"event": "invitee.created", "payload": {"email": ADA, "scheduled_event": {"uri": EVENT}}},
        {
            "triggerEvent": "BOOKING_CREATED",
            "payload": {"attendees": [attendee(ADA, "Ada")], "organizer": {"email": HOST}},
        },
        {"ContactId": "3", "Email": [{"Text": ADA, "Type": "Work"}]},
        {"resource": {"email": ADA}},
    ],
)
def test_a_delivery_about_nobody_else_goes(body: dict[str, Any]) -> None:
    """A delivery, a contact or a single record that is about the person alone is gone whole."""
    assert left(body) is GONE
    assert Forgetting(among([ADA])).text(json.dumps(body).replace("@", "\\u0040")) is None


def test_what_names_nobody_is_not_touched() -> None:
    """The very text comes back when the person is not in it."""
    text = '{"email" : "bob@client.example",  "n": 1.0}'
    assert Forgetting(among([ADA])).text(text) is text


HEADER = "Invitee Email,Invitee Name,Start Date & Time,User Email,Guest Email(s),Question 1,Response 1,Event UUID"


def forgotten(path: Path, folder: str = "calendly", *addresses: str) -> str:
    """The bytes a file is left with, as text."""
    target = path.with_name("target")
    forget_rows(path, folder, among(addresses or [ADA]), target)
    raw = target.read_bytes()
    return (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8", "surrogateescape")


def rows_of(text: str) -> list[dict[str, str]]:
    """Rows by column."""
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("packed", [False, True])
def test_a_row_goes_and_all_other_bytes_stay(tmp_path: Path, packed: bool) -> None:
    """A row of nobody else goes; the other rows keep quotes, line ends and bytes of other character sets."""
    kept = [f"{HEADER}\r\n".encode(), b'bob@client.example,"B\xe9 ""x""\nClient",t,dana@firm.example,,q,r,e-2\r\n']
    gone = f'{ADA.title()},"Ada\nClient",t,{HOST},,q,"a\n b",e-1\r\n'.encode()
    raw = kept[0] + gone + kept[1]
    path = tmp_path / "export.csv"
    path.write_bytes(gzip.compress(raw) if packed else raw)
    assert forgotten(path).encode("utf-8", "surrogateescape") == b"".join(kept)


def test_a_row_that_others_need_stays_without_the_person(tmp_path: Path) -> None:
    """The invitee of a row with guests becomes a placeholder, and what the row says of them is emptied."""
    path = tmp_path / "export.csv"
    path.write_text(f"{HEADER}\n{ADA},Ada Client,t,{HOST},{BOB},Who?,Ada Client herself,e-1\n")
    assert rows_of(forgotten(path)) == [
        {
            "Invitee Email": PLACEHOLDER,
            "Invitee Name": "",
            "Start Date & Time": "t",
            "User Email": HOST,
            "Guest Email(s)": BOB,
            "Question 1": "",
            "Response 1": "",
            "Event UUID": "e-1",
        }
    ]


def test_a_guest_is_taken_off_the_row(tmp_path: Path) -> None:
    """Among guests only the person's address goes; the invitee's answers stay."""
    path = tmp_path / "export.csv"
    path.write_text(f'{HEADER}\n{BOB},Bob,t,{HOST},"{ADA}, carl@client.example",q,r,e-1\n')
    (row,) = rows_of(forgotten(path))
    assert (row["Guest Email(s)"], row["Invitee Email"], row["Response 1"]) == ("carl@client.example", BOB, "r")


def test_an_address_book_loses_the_row(tmp_path: Path) -> None:
    """The card of a person goes from an address book, whatever other addresses it holds."""
    path = tmp_path / "google.csv"
    path.write_text(f"Name,E-mail 1,E-mail 2\nAda,{ADA},ada@home.example\nBob,{BOB},\n")
    assert forgotten(path, "contacts") == f"Name,E-mail 1,E-mail 2\nBob,{BOB},\n"


def test_cal_com_lists_lose_name_and_address(tmp_path: Path) -> None:
    """In the bookings list the name beside the address goes, too; in Insights the attendee's columns are emptied."""
    path = tmp_path / "bookings.csv"
    path.write_text(f"Booking UID,Attendee's name,Email\nu,Ada; Bob,{ADA}; {BOB}\nv,Ada,{ADA}\n")
    assert forgotten(path, "calcom") == f"Booking UID,Attendee's name,Email\nu,Bob,{BOB}\n"
    path.write_text(
        f"uid,title,userEmail,attendee1,attendee2,attendeePhone1\n"
        f"u,Dana and Ada Client,{HOST},Ada Client ({ADA}),Bob ({BOB}),+49 1\n"
    )
    assert rows_of(forgotten(path, "calcom")) == [
        {
            "uid": "u",
            "title": "Dana and [erased]",
            "userEmail": HOST,
            "attendee1": "",
            "attendee2": f"Bob ({BOB})",
            "attendeePhone1": "",
        }
    ]


def test_a_workbook_is_saved_without_the_row(tmp_path: Path) -> None:
    """A workbook loses the person's rows; the others keep their cells."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (HEADER.split(","), [ADA, "Ada", 1], [BOB, "Bob", 2], [ADA, "Ada", 3]):
        sheet.append(row)
    path = tmp_path / "export.xlsx"
    book.save(path)
    assert forget_rows(path, "calendly", among([ADA]), tmp_path / "target").removed == 2
    cells = list(openpyxl.load_workbook(io.BytesIO((tmp_path / "target").read_bytes())).worksheets[0].values)
    assert [row[:3] for row in cells[1:]] == [(BOB, "Bob", 2)]


def test_nothing_is_written_when_nobody_is_named(tmp_path: Path) -> None:
    """A file without the person stays as it is; one that is no table and names them is refused."""
    path = tmp_path / "export.csv"
    path.write_text(f"{HEADER}\n{BOB},,,,,,,\n")
    assert forget_rows(path, "calendly", among([ADA]), tmp_path / "target").count == 0
    assert not (tmp_path / "target").exists()
    path.write_bytes(b"%PDF-1.7 " + ADA.encode())
    with pytest.raises(UnreadableFile):
        forget_rows(path, "calendly", among([ADA]), tmp_path / "target")


def test_a_stray_quote_costs_one_line() -> None:
    """A quote that never closes does not swallow the file: records stay lines."""
    text = 'a,"b\n' + "c,d\n" * 500
    assert "".join(records(text)) == text
    assert next(records(text)) == 'a,"b\n'
