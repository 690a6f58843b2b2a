-- What a maintained stage keeps about its tables: see maintained.py.
create schema if not exists changes;  -- stage.table -> what finds its changed rows, by version
create schema if not exists seen;  -- stage.table that others write -> its rows as last seen, hashed

create table if not exists main.table_versions (
    table_name varchar primary key,
    version bigint,  -- raised when the content changes
    known_since bigint,  -- changes of later versions are known row by row
    basis varchar,  -- what the rows depend on beside the inputs; of a table that others write: what was looked at
    inputs varchar  -- JSON: input -> its version when the table was last built
);
