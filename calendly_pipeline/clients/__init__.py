"""One module per vendor: the only code that knows a URL. No Dagster, no DuckDB, no files."""
