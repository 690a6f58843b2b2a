-- One row per platform, account, route and day, from the first to the last day any route speaks of.
-- An API vouches for the days, whole in the firm's zone, inside the windows of its finished pulls, never past the day a
-- pull finished. An export vouches for the range in its name, else from its first to its last start day, and never past
-- the day it landed. Nothing vouches past the run's clock. Webhooks vouch for nothing: a delivery that never came leaves
-- no trace. A quiet stretch longer than `coverage.max_quiet_days` inside a file without a named range is unproven:
-- perhaps quiet, perhaps filtered out. A day no route vouches for is a gap.
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

exported as (
    select
        ranges.platform,
        ranges.account,
        ranges.file_id,
        ranges.is_named,
        unnest(generate_series(ranges.first_day, ranges.last_day, interval 1 day))::date as day
    from ranges
    where ranges.first_day <= ranges.last_day
),

pulled as (
    select
        platform,
        account,
        from_at,
        least(to_at, timezone(
            $firm_time_zone,
            (least(day_in(finished_at, $firm_time_zone), day_in($as_of, $firm_time_zone)) + 1)::timestamp
        )) as to_at
    from sources.pulls
    where from_at < to_at and finished_at is not null
),

-- Windows that touch make one: a day in the firm's zone may lie in two months of UTC.
touching as (
    select
        *,
        max(to_at) over (
            partition by platform, account order by from_at, to_at rows between unbounded preceding and 1 preceding
        ) as reached_at
    from pulled
    where from_at < to_at
),

islands as (
    select
        platform,
        account,
        from_at,
        to_at,
        sum(case when from_at <= reached_at then 0 else 1 end) over (
            partition by platform, account order by from_at, to_at rows unbounded preceding
        ) as island
    from touching
),

windows as (
    select
        platform,
        account,
        timezone($firm_time_zone, min(from_at)) as first_moment,
        timezone($firm_time_zone, max(to_at)) as last_moment
    from islands
    group by platform, account, island
),

answered as (
    select
        platform,
        account,
        unnest(generate_series(
            first_moment::date + (case when first_moment = first_moment::date then 0 else 1 end),
            last_moment::date - 1,
            interval 1 day
        ))::date as day
    from windows
),

vouched as (
    select
        exported.platform,
        exported.account,
        'csv' as route,
        exported.day,
        bool_or(exported.is_named or quiet.file_id is null) as is_proven
    from exported
    left join quiet
        on exported.file_id = quiet.file_id and exported.day between quiet.first_day and quiet.last_day
    group by exported.platform, exported.account, exported.day
    union all by name
    select platform, account, 'api' as route, day, true as is_proven
    from answered
),

spans as (
    select
        platform,
        account,
        unnest(generate_series(min(day), max(day), interval 1 day))::date as day
    from vouched
    group by platform, account
),

anybody as (
    select distinct platform, account, day
    from vouched
),

gaps as (
    select platform, account, day, count(*) over (partition by platform, account, stretch) as gap_days
    from (
        select
            spans.*,
            spans.day - (row_number() over (partition by spans.platform, spans.account order by spans.day))::integer as stretch
        from spans
        anti join anybody
            on spans.platform = anybody.platform and spans.account = anybody.account and spans.day = anybody.day
    )
),

routes as (
    select distinct platform, account, route
    from vouched
),

counted as (
    select
        platform,
        account,
        day_in(starts_at, $firm_time_zone) as day,
        count(distinct meeting_id) filter (where list_contains(routes, 'api')) as api_meetings,
        count(distinct meeting_id) filter (where list_contains(routes, 'csv')) as csv_meetings
    from meetings.bookings
    group by all
)

select
    spans.platform,
    spans.account,
    spans.day,
    routes.route,  -- api | csv
    coalesce(case routes.route when 'api' then counted.api_meetings else counted.csv_meetings end, 0)::integer
        as meetings,  -- meetings that start on the day and are known by the route
    vouched.day is not null as is_covered,  -- the route vouches for the day
    coalesce(not vouched.is_proven, false) as is_unproven,  -- only inside a long quiet stretch of a file without a named range
    gaps.gap_days::integer as gap_days  -- length of the gap the day lies in; null where any route vouches for it
from spans
inner join routes on spans.platform = routes.platform and spans.account = routes.account
left join vouched
    on spans.platform = vouched.platform
    and spans.account = vouched.account
    and spans.day = vouched.day
    and routes.route = vouched.route
left join gaps on spans.platform = gaps.platform and spans.account = gaps.account and spans.day = gaps.day
left join counted
    on spans.platform = counted.platform and spans.account = counted.account and spans.day = counted.day
