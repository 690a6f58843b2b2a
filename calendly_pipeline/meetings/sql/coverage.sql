-- One row per platform, account, route and day, from the first to the last day any file speaks of.
-- An export vouches for the range in its name, else from its first to its last start day, and never past the day it
-- landed or the run's clock. A quiet stretch longer than `coverage.max_quiet_days` inside a file without a named range is
-- unproven: perhaps quiet, perhaps filtered out. A day no file speaks of is a gap.
-- grain: platform, account, route, day
-- time zone: the firm's
with starts as (
    select distinct 'calendly' as platform, account, file_id, day_in(starts_at, $firm_time_zone) as day
    from sources.calendly_rows
    where problem is null
    union all by name
    select distinct 'calcom' as platform, account, file_id, day_in(starts_at, $firm_time_zone) as day
    from sources.calcom_rows
    where problem is null
),

named as (
    select
        file_id,
        try_cast(regexp_extract(name, '(\d{4}-\d\d-\d\d)-(\d{4}-\d\d-\d\d)', 1) as date) as first_day,
        try_cast(regexp_extract(name, '(\d{4}-\d\d-\d\d)-(\d{4}-\d\d-\d\d)', 2) as date) as last_day,
        least(day_in(landed_at, $firm_time_zone), day_in($as_of, $firm_time_zone)) as landed_on
    from sources.files
),

ranges as (
    select
        starts.platform,
        starts.account,
        starts.file_id,
        coalesce(any_value(named.first_day), min(starts.day)) as first_day,
        least(coalesce(any_value(named.last_day), max(starts.day)), any_value(named.landed_on)) as last_day,
        any_value(named.first_day) is not null as is_named
    from starts
    inner join named on starts.file_id = named.file_id
    group by starts.platform, starts.account, starts.file_id
),

steps as (
    select
        file_id,
        day,
        lead(day) over (partition by file_id order by day) as next_day
    from starts
),

quiet as (
    select file_id, day + 1 as first_day, next_day - 1 as last_day
    from steps
    where next_day - day - 1 > $max_quiet_days
),

vouched as (
    select
        ranges.platform,
        ranges.account,
        ranges.file_id,
        ranges.is_named,
        unnest(generate_series(ranges.first_day, ranges.last_day, interval 1 day))::date as day
    from ranges
    where ranges.first_day <= ranges.last_day
),

days as (
    select
        vouched.platform,
        vouched.account,
        vouched.day,
        bool_or(vouched.is_named or quiet.file_id is null) as is_proven
    from vouched
    left join quiet
        on vouched.file_id = quiet.file_id and vouched.day between quiet.first_day and quiet.last_day
    group by vouched.platform, vouched.account, vouched.day
),

spans as (
    select platform, account, min(day) as first_day, max(day) as last_day
    from days
    group by platform, account
),

calendar as (
    select
        platform,
        account,
        unnest(generate_series(first_day, last_day, interval 1 day))::date as day
    from spans
),

marked as (
    select
        calendar.platform,
        calendar.account,
        calendar.day,
        days.day is not null as is_covered,
        coalesce(not days.is_proven, false) as is_unproven,
        calendar.day - (row_number() over (
            partition by calendar.platform, calendar.account, days.day is not null order by calendar.day
        ))::integer as stretch
    from calendar
    left join days
        on calendar.platform = days.platform and calendar.account = days.account and calendar.day = days.day
),

counted as (
    select platform, account, day_in(starts_at, $firm_time_zone) as day, count(distinct meeting_id) as meetings
    from meetings.bookings
    group by all
)

select
    marked.platform,
    marked.account,
    marked.day,
    'csv' as route,  -- api | webhook | csv
    coalesce(counted.meetings, 0)::integer as meetings,  -- meetings that start on the day
    marked.is_covered,  -- some file speaks of the day
    marked.is_unproven,  -- only inside a long quiet stretch of a file without a named range
    case
        when not marked.is_covered
            then count(*) over (partition by marked.platform, marked.account, marked.is_covered, marked.stretch)
    end::integer as gap_days  -- length of the gap the day lies in; null for a covered day
from marked
left join counted
    on marked.platform = counted.platform and marked.account = counted.account and marked.day = counted.day
