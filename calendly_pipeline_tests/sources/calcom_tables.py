"""What the tests of Cal.com exports share."""

from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings

from calendly_pipeline.sources import calcom_csv
from calendly_pipeline.sources.tabular import RejectedRow
from calendly_pipeline_tests.sources.files import csv_text, rejected_of, rows_of, written

BOOKINGS = {
    "en": "Booking UID,Title,Status,Start time,End time,Attendee's name,Email,Event type,Location",
    "de": "Buchungs-UID,Titel,Status,Beginn,Ende,Name des Teilnehmenden,E-Mail,Termintyp,Ort",
    "fr": "UID de réservation,Titre,Statut,Début,Fin,Nom du participant,E-mail,Type d'événement,Lieu",
    "es": (
        "UID de reserva,Título,Estado,Hora de Inicio,Hora de finalización,Nombre del asistente,Correo electrónico,"
        "Tipo de Evento,Ubicación"
    ),
}


BOOKING = [
    "aBcDeF",
    "Review between Hanna and Ada",
    "ACCEPTED",
    "2026-03-10 15:00:00",
    "2026-03-10 15:30:00",
    "Ada Example; Bob Example",
    "ada@example.com; bob@example.com",
    "Review",
    "integrations:daily",
]


UNQUOTED = (
    "id,uid,title,createdAt,timeStatus,eventTypeId,eventLength,startTime,endTime,paid,userEmail,username,rating,"
    "ratingFeedback,noShowHost,bookerEmail,bookerName"
)


DATE = "Wed Mar 20 2024 15:00:00 GMT+0000 (Coordinated Universal Time)"


ISO = "2024-03-20T15:00:00.000Z"


LOCAL = "createdAt_date,createdAt_time,startTime_date,startTime_time,endTime_date,endTime_time"


COMMON = (
    "id,uid,title,createdAt,timeStatus,eventTypeId,eventLength,startTime,endTime,paid,userEmail,{user},rating,"
    "ratingFeedback,noShowHost"
)


in_one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def read(path: Path) -> list[dict[str, Any]]:
    """Every row of an export; nothing may be rejected."""
    assert rejected_of(calcom_csv.read(path)) == []
    return rows_of(calcom_csv.read(path))


def table(folder: Path, header: str, *rows: list[str]) -> Path:
    """An export with this header and these cells."""
    return written(folder, header + "\n" + csv_text(rows))


def cells(date: str, *more: str) -> list[str]:
    """The cells every generation of Insights begins with, and more."""
    said = ["901", "aBcDeF", "Intro", date, "completed", "55", "30", date, date, "false", "hanna@firm.example", "hanna"]
    return [*said, "5", "good", "false", *more]


def unquoted(folder: Path, *lines: str, header: str = UNQUOTED) -> tuple[list[dict[str, Any]], list[RejectedRow]]:
    """Rows and rejected rows of a file of the oldest generation, which quotes nothing."""
    path = written(folder, "\n".join([header, *lines]) + "\n")
    return rows_of(calcom_csv.read(path)), rejected_of(calcom_csv.read(path))


def line(title: str = "Intro", feedback: str = "", host: str = "false", booker: str = ",b@example.com,Bob") -> str:
    """A line of the oldest generation."""
    start = f"1,u1,{title},{DATE},completed,55,30,{DATE},{DATE},false,h@firm.example,hanna,"
    return f"{start}{'4' if feedback else ''},{feedback},{host}{booker}"
