"""A .sql file becomes an asset or a check.

A model's header comment is its documentation: sentences, then `key: value` lines (`grain`, `source of truth`,
`time zone`). What its rows depend on stands there too (dependence.py), and `stored: no` makes it a view. A comment
behind a column documents the column. Dependencies are read from the query. Rows that repeat the grain are not
published: the last good table stays.
A check is a query of bad rows: none, and it passes. Its header names the `asset`, and may set
`severity: warn` (default error) and `blocking: false` (default true for error).
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import dagster as dg

from calendly_pipeline.resources import FirmResource, WarehouseResource
from calendly_pipeline.sql_files import SqlFile, sql_files
from calendly_pipeline.warehouse import replace_table, run_query

OWNERS = ["team:client-operations"]
SHOWN_ROWS = 10


def asset_key(table: str) -> dg.AssetKey:
    """`stage.table` as an asset key."""
    return dg.AssetKey(table.split("."))


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
        assets=[*(_sql_asset(model, models) for model in models), *assets], asset_checks=[*sql_checks, *checks]
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


def _sql_asset(model: SqlFile, stage: Sequence[SqlFile]) -> dg.AssetsDefinition:
    is_maintained = any("changes with" in other.keys for other in stage)

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
        parameters = firm.sql_parameters(context)
        if is_maintained:
            with warehouse.maintenance(stage) as maintenance:
                built = maintenance.build(model.table, parameters)
                return materialised(maintenance.connection, model.table, model.column_docs, **built.metadata)
        with warehouse.get_connection() as connection:
            replace_table(connection, model.table, model.text, parameters, model.grain)
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
