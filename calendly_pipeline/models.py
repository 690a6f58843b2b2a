"""A .sql file becomes an asset or a check.

A model's header comment is its documentation: sentences, then `key: value` lines (`grain`, `source of truth`,
`time zone`). What its rows depend on stands there too (dependence.py), and `stored: no` makes it a view. A comment
behind a column documents the column. Dependencies are read from the query. Rows that repeat the grain are not
published: the last good table stays.
A check is a query of bad rows: none, and it passes. Its header names the `asset`, and may set
`severity: warn` (default error) and `blocking: false` (default true for error).
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
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
    by_table = groupby(sorted(sql_files(folder / "checks", stage), key=_place_of), key=_place_of)
    sql_checks = [_sql_checks(table, is_blocking, list(files)) for (table, is_blocking), files in by_table]
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


def _is_error(check: SqlFile) -> bool:
    return check.keys.get("severity", "error") == "error"


def _place_of(check: SqlFile) -> tuple[str, bool]:
    """The table a check is about, and whether its failure stops what follows."""
    return check.keys["asset"], _is_error(check) and check.keys.get("blocking", "true") == "true"


def _sql_checks(table: str, is_blocking: bool, checks: Sequence[SqlFile]) -> dg.AssetChecksDefinition:
    """Check files of one table in one step; those that stop what follows apart from those that do not."""
    specs = [
        dg.AssetCheckSpec(
            check.name,
            asset=asset_key(table),
            description=check.description,
            blocking=is_blocking,
            additional_deps=[asset_key(other) for other in check.reads if other != table],
        )
        for check in checks
    ]
    name = f"{table.replace('.', '__')}__{'blocking_checks' if is_blocking else 'checks'}"

    @dg.multi_asset_check(name=name, specs=specs, can_subset=True)
    def zero_rows(
        context: dg.AssetCheckExecutionContext, firm: FirmResource, warehouse: WarehouseResource
    ) -> Iterator[dg.AssetCheckResult]:
        parameters = firm.sql_parameters(context)
        with warehouse.get_connection() as connection:
            asked = {key.name for key in context.selected_asset_check_keys}
            results = [_zero_rows(connection, check, parameters) for check in checks if check.name in asked]
        yield from results

    return zero_rows


def _zero_rows(connection: Any, check: SqlFile, parameters: dict[str, Any]) -> dg.AssetCheckResult:
    found = run_query(connection, check.text, parameters)
    names = [column[0] for column in found.description or ()]
    bad = found.fetchmany(SHOWN_ROWS)
    count = len(bad) + sum(len(rows) for rows in iter(lambda: found.fetchmany(10_000), []))
    return dg.AssetCheckResult(
        asset_key=asset_key(check.keys["asset"]),
        check_name=check.name,
        passed=count == 0,
        severity=dg.AssetCheckSeverity.ERROR if _is_error(check) else dg.AssetCheckSeverity.WARN,
        metadata={"bad_rows": count, "examples": _table(names, bad)},
    )


def _table(names: list[str], rows: list[tuple[Any, ...]]) -> dg.MetadataValue:
    lines = [" | ".join(names), " | ".join("---" for _ in names)]
    lines += [" | ".join(str(value).replace("|", "\\|") for value in row) for row in rows]
    return dg.MetadataValue.md("\n".join(lines) if rows else "none")
