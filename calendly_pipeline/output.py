"""Tables on the way out: printed, as JSON, or as a file. Text never becomes a formula in a spreadsheet."""

import csv
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

from calendly_pipeline.failures import InputError
from calendly_pipeline.warehouse import table_names

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""A cell that begins with one of these is run as a formula by spreadsheets (OWASP, CSV injection)."""


def print_rows(connection: duckdb.DuckDBPyConnection, sql: str, shape: str, console: Console) -> None:
    """Print a query's rows as a table, CSV, or a JSON array of objects with ISO times in UTC."""
    try:
        result = connection.execute(sql)
    except duckdb.Error as error:
        raise InputError(f"The query was refused: {error}") from error
    names = [column[0] for column in result.description or ()]
    if shape == "json":
        rows = [dict(zip(names, map(_plain, row), strict=True)) for row in _rows(result)]
        sys.stdout.write(json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
    elif shape == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([_harmless(_plain(cell)) for cell in row] for row in _rows(result))
    else:
        table = Table(*names)
        for row in _rows(result):
            table.add_row(*("" if cell is None else str(_plain(cell)) for cell in row))
        console.print(table, markup=False)


def export_table(connection: duckdb.DuckDBPyConnection, table: str, target: Path) -> int:
    """Write `stage.table` to .parquet, .csv or .xlsx; return the row count."""
    if table not in table_names(connection):
        raise InputError(f"There is no table {table}.", '`calendly-pipeline query "show all tables"` lists them.')
    writers = {".parquet": _write_parquet, ".csv": _write_csv, ".xlsx": _write_xlsx}
    if target.suffix not in writers:
        raise InputError(f"{target.name}: files of this kind are not written.", "Use .parquet, .csv or .xlsx.")
    relation = connection.sql(f"from {table}")
    writers[target.suffix](relation, target)
    return connection.execute(f"select count(*) from {table}").fetchall()[0][0]  # noqa: S608 - one of our tables


def _write_parquet(relation: duckdb.DuckDBPyRelation, target: Path) -> None:
    relation.write_parquet(str(target))


def _write_csv(relation: duckdb.DuckDBPyRelation, target: Path) -> None:
    with target.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(relation.columns)
        writer.writerows([_harmless(_plain(cell)) for cell in row] for row in _rows(relation))


def _write_xlsx(relation: duckdb.DuckDBPyRelation, target: Path) -> None:
    from openpyxl import Workbook
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title="rows")
    sheet.append(relation.columns)
    for row in _rows(relation):
        cells = (_harmless(_plain(cell)) for cell in row)
        sheet.append([ILLEGAL_CHARACTERS_RE.sub("", cell) if isinstance(cell, str) else cell for cell in cells])
    book.save(target)


def _rows(result: Any) -> Iterator[tuple[Any, ...]]:
    while rows := result.fetchmany(10_000):
        yield from rows


def _plain(cell: Any) -> Any:
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).isoformat().replace("+00:00", "Z") if cell.tzinfo else cell.isoformat()
    if isinstance(cell, (str, int, float, bool)) or cell is None:
        return cell
    if isinstance(cell, (list, tuple)):
        return [_plain(item) for item in cell]
    return str(cell)


def _harmless(cell: Any) -> Any:
    if isinstance(cell, list):
        cell = json.dumps(cell, ensure_ascii=False)
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell
