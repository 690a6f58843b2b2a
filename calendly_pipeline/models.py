"""A .sql file becomes an asset or a check.

A model's header comment is its documentation: sentences, then `key: value` lines (`grain`, `source of truth`,
`time zone`). A comment behind a column documents the column. Dependencies are read from the query. Rows that repeat the
grain are not published: the last good table stays.
A check is a query of bad rows: none, and it passes. Its header names the `asset`, and may set
`severity: warn` (default error) and `blocking: false` (default true for error).
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from calendly_pipeline.resources import FirmResource, WarehouseResource
from calendly_pipeline.warehouse import STAGES, replace_table, run_query

if TYPE_CHECKING:
    from sqlglot import expressions as exp

OWNERS = ["team:client-operations"]
SHOWN_ROWS = 10
KEYS = ("grain", "time zone", "source of truth", "changes with", "through", "compared", "stored", "asset", "severity", "blocking")
_COMMENT = re.compile(r"--[^\n]*")
_READ = re.compile(rf"(?<!distinct )\b(?:from|join)\s+((?:{'|'.join(STAGES)})\.[a-z_]+)\b")


@dataclass(frozen=True)
class SqlFile:
    """One statement with its header."""

    path: Path
    stage: str
    text: str

    @property
    def name(self) -> str:
        """File name without ending: the table's or the check's name."""
        return self.path.stem

    @property
    def table(self) -> str:
        """`stage.table`."""
        return f"{self.stage}.{self.name}"

    @cached_property
    def header(self) -> list[str]:
        """Comment lines before the statement."""
        lines = []
        for line in self.text.splitlines():
            if not line.startswith("--"):
                break
            lines.append(line.removeprefix("--").strip())
        return lines

    @cached_property
    def keys(self) -> dict[str, str]:
        """The header's `key: value` lines."""
        pairs = (line.split(":", 1) for line in self.header if ":" in line)
        return {key.strip().lower(): value.strip() for key, value in pairs if key.strip().lower() in KEYS}

    @property
    def grain(self) -> list[str]:
        """Columns that together are never null and never occur twice."""
        return [column.strip() for column in self.keys.get("grain", "").split(",") if column.strip()]

    @property
    def is_view(self) -> bool:
        """Whether it is computed whenever it is read."""
        return self.keys.get("stored", "").startswith("no")

    @property
    def description(self) -> str:
        """The header as it reads in the UI: sentences, then what is said by key."""
        shown = ("grain", "time zone", "source of truth")
        lines = [line for line in self.header if line.split(":", 1)[0].strip().lower() not in KEYS]
        keys = [f"- {key}: {self.keys[key]}" for key in shown if key in self.keys]
        return "\n\n".join(text for text in (" ".join(lines), "\n".join(keys)) if text)

    @cached_property
    def query(self) -> "exp.Query":
        """The parsed statement; raises ValueError when it is not one single query."""
        import sqlglot
        from sqlglot import expressions as exp
        from sqlglot.errors import ParseError

        try:
            statements = [statement for statement in sqlglot.parse(self.text, dialect="duckdb") if statement]
        except ParseError as error:
            raise ValueError(f"{self.path.name} cannot be parsed: {error}") from error
        if len(statements) != 1 or not isinstance(statements[0], exp.Query):
            raise ValueError(f"{self.path.name} must hold exactly one query")
        return statements[0]

    @cached_property
    def reads(self) -> list[str]:
        """Every `stage.table` the query reads, sorted."""
        return tables_read(self.text)

    @cached_property
    def column_docs(self) -> dict[str, str]:
        """Column -> the comment behind it in the final select."""
        return {
            projection.alias_or_name: " ".join(comment.strip() for comment in _comments(projection))
            for projection in self.query.selects
        }

    @property
    def version(self) -> str:
        """Changes exactly when the text does."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:12]


def tables_read(query: str) -> list[str]:
    """Every `stage.table` a query reads, sorted.

    Read from the text, because parsing all models takes longer than loading Dagster; a test holds it against sqlglot.
    """
    return sorted(set(_READ.findall(_COMMENT.sub("", query))))


def asset_key(table: str) -> dg.AssetKey:
    """`stage.table` as an asset key."""
    return dg.AssetKey(table.split("."))


def sql_files(folder: Path, stage: str) -> list[SqlFile]:
    """Every .sql file of a folder, by name."""
    return [SqlFile(path, stage, path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.sql"))]


def stage_definitions(
    folder: Path,
    assets: Sequence[dg.AssetsDefinition] = (),
    checks: Sequence[dg.AssetChecksDefinition] = (),
) -> dg.Definitions:
    """A stage: its SQL models, its check files, and the assets and checks written in Python."""
    stage = folder.name
    models = sql_files(folder / "sql", stage)
    sql_checks = [_sql_check(check) for check in sql_files(folder / "checks", stage)]
    return dg.Definitions(
        assets=[*(_sql_asset(model) for model in models), *assets], asset_checks=[*sql_checks, *checks]
    )


def materialised(connection: Any, table: str, docs: dict[str, str] | None = None, **more: Any) -> dg.MaterializeResult:
    """What the UI shows of a table that was just written: row count, columns with their documentation, and more."""
    described = connection.execute(f"describe {table}").fetchall()
    columns = [dg.TableColumn(name, kind, description=(docs or {}).get(name) or None) for name, kind, *_ in described]
    rows = connection.execute(f"select count(*) from {table}").fetchall()[0][0]  # noqa: S608 - our own table name
    return dg.MaterializeResult(
        asset_key=asset_key(table),
        metadata={
            "dagster/row_count": rows,
            "dagster/column_schema": dg.TableSchema(columns=columns),
            "dagster/table_name": table,
            **more,
        },
    )


def _sql_asset(model: SqlFile) -> dg.AssetsDefinition:
    @dg.asset(
        key=asset_key(model.table),
        deps=[asset_key(table) for table in model.reads],
        group_name=model.stage,
        kinds={"duckdb", "sql"},
        owners=OWNERS,
        description=model.description,
        code_version=model.version,
        metadata={"query": dg.MetadataValue.md(f"```sql\n{model.text}\n```")},
    )
    def sql_model(
        context: dg.AssetExecutionContext, firm: FirmResource, warehouse: WarehouseResource
    ) -> dg.MaterializeResult:
        with warehouse.get_connection() as connection:
            replace_table(connection, model.table, model.text, firm.sql_parameters(context), model.grain)
            return materialised(connection, model.table, model.column_docs)

    return sql_model


def _sql_check(check: SqlFile) -> dg.AssetChecksDefinition:
    is_error = check.keys.get("severity", "error") == "error"
    return _zero_row_check(
        name=check.name,
        table=check.keys["asset"],
        query=check.text,
        description=check.description,
        severity=dg.AssetCheckSeverity.ERROR if is_error else dg.AssetCheckSeverity.WARN,
        blocking=is_error and check.keys.get("blocking", "true") == "true",
        reads=check.reads,
    )


def _zero_row_check(
    *,
    name: str,
    table: str,
    query: str,
    description: str,
    severity: dg.AssetCheckSeverity,
    blocking: bool,
    reads: Iterable[str],
) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=asset_key(table),
        name=name,
        description=description,
        blocking=blocking,
        additional_deps=[asset_key(other) for other in reads if other != table],
    )
    def zero_rows(
        context: dg.AssetCheckExecutionContext, firm: FirmResource, warehouse: WarehouseResource
    ) -> dg.AssetCheckResult:
        with warehouse.get_connection() as connection:
            found = run_query(connection, query, firm.sql_parameters(context))
            names = [column[0] for column in found.description or ()]
            bad = found.fetchmany(SHOWN_ROWS)
            count = len(bad) + sum(len(rows) for rows in iter(lambda: found.fetchmany(10_000), []))
        return dg.AssetCheckResult(
            passed=count == 0, severity=severity, metadata={"bad_rows": count, "examples": _table(names, bad)}
        )

    return zero_rows


def _table(names: list[str], rows: list[tuple[Any, ...]]) -> dg.MetadataValue:
    lines = [" | ".join(names), " | ".join("---" for _ in names)]
    lines += [" | ".join(str(value).replace("|", "\\|") for value in row) for row in rows]
    return dg.MetadataValue.md("\n".join(lines) if rows else "none")


def _comments(node: "exp.Expr") -> list[str]:
    return list(node.comments or []) or [text for child in node.iter_expressions() for text in _comments(child)]
