-- Expressions that several models share. Loaded into every warehouse connection as temporary macros.

-- Text of a cell, or null when it is blank.
create or replace temp macro said(cell) as nullif(trim(cell), '');

-- A true or false said in any of the spellings exports use; null when it is none of them.
create or replace temp macro said_true(cell) as
    case
        when lower(trim(cell)) in ('true', 'yes', 'y', '1', 't') then true
        when lower(trim(cell)) in ('false', 'no', 'n', '0', 'f', '') then false
    end;

-- A zone-less local time of an export: 12 h or 24 h clock, with or without seconds.
create or replace temp macro local_time(cell) as
    try_strptime(
        upper(trim(cell)),
        ['%Y-%m-%d %I:%M %p', '%Y-%m-%d %H:%M', '%Y-%m-%d %H:%M:%S', '%Y-%m-%d %I:%M:%S %p', '%Y-%m-%dT%H:%M:%S']
    );

-- RFC 5545's reading of a local time: the first instant of a repeated hour; an hour that does not exist is moved
-- forward by the gap. DuckDB's own conversion takes the second instant, hence the look back.
create or replace temp macro utc_of(wall_clock, zone) as
    case
        when timezone(zone, timezone(zone, wall_clock) - interval 1 hour) = wall_clock
            then timezone(zone, wall_clock) - interval 1 hour
        when timezone(zone, timezone(zone, wall_clock) - interval 30 minute) = wall_clock
            then timezone(zone, wall_clock) - interval 30 minute
        else timezone(zone, wall_clock)
    end;

create or replace temp macro is_repeated_hour(wall_clock, zone) as
    timezone(zone, timezone(zone, wall_clock) - interval 1 hour) = wall_clock
    or timezone(zone, timezone(zone, wall_clock) - interval 30 minute) = wall_clock;

create or replace temp macro is_skipped_hour(wall_clock, zone) as
    timezone(zone, timezone(zone, wall_clock)) <> wall_clock;

-- Day of an instant in a zone.
create or replace temp macro day_in(instant, zone) as timezone(zone, instant)::date;

-- A short stable key of several values; null counts as blank.
create or replace temp macro key_of(parts) as
    md5(array_to_string(list_transform(parts, lambda part: coalesce(part, '')), chr(31)));

-- An address as compared: outer and inner blanks and a final dot off, lower case.
create or replace temp macro plain_address(address) as
    nullif(rtrim(lower(regexp_replace(address, '\s+', '', 'g')), '.'), '');

-- An instant written as ISO 8601 with an offset or Z, or as JavaScript writes a Date.
create or replace temp macro utc_instant(cell) as
    coalesce(
        try_cast(case when regexp_matches(trim(cell), '^\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*(Z|[+-]\d\d:?\d\d)$') then trim(cell) end as timestamptz),
        try_strptime(
            regexp_replace(trim(cell), '\s*\(.*\)$', ''), '%a %b %d %Y %H:%M:%S GMT%z'
        )::timestamptz
    );
