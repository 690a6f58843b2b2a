-- Tables of this stage that Python writes.

-- Pictures drawn in a run; the pictures themselves are metadata of the asset.
create table if not exists metrics.charts (
    chart varchar,
    rows_count integer  -- rows of the table it was drawn from
);
