-- A day on which a file shows a meeting, no later than the file landed, is a day that exports vouch for; and a day inside
-- a finished pull is one that the API vouches for.
-- asset: meetings.coverage
-- severity: error
-- blocking: false
with shown as (
    select distinct 'calendly' as platform, rows.account, day_in(rows.starts_at, $firm_time_zone) as day
    from sources.calendly_rows as rows
    inner join sources.files as files on rows.file_id = files.file_id
    where rows.problem is null and rows.starts_at < least(files.landed_at, $as_of) - interval 1 day
        and not regexp_matches(files.name, '\d{4}-\d\d-\d\d-\d{4}-\d\d-\d\d')
    union by name
    select distinct 'calcom' as platform, rows.account, day_in(rows.starts_at, $firm_time_zone) as day
    from sources.calcom_rows as rows
    inner join sources.files as files on rows.file_id = files.file_id
    where rows.problem is null and rows.starts_at < least(files.landed_at, $as_of) - interval 1 day
        and not regexp_matches(files.name, '\d{4}-\d\d-\d\d-\d{4}-\d\d-\d\d')
),

asked as (
    select distinct platform, account, unnest(generate_series(
        day_in(from_at, $firm_time_zone) + 1,
        least(day_in(to_at, $firm_time_zone), day_in(finished_at, $firm_time_zone), day_in($as_of, $firm_time_zone)) - 1,
        interval 1 day
    ))::date as day
    from sources.pulls
    where platform in ('calendly', 'calcom') and finished_at is not null
),

said as (
    select platform, account, day, 'csv' as route from shown
    union all by name
    select platform, account, day, 'api' as route from asked
)

select said.platform, said.account, said.day, said.route
from said
anti join (select * from meetings.coverage where is_covered) as covered
    on said.platform = covered.platform
    and said.account = covered.account
    and said.day = covered.day
    and said.route = covered.route
union all by name
select platform, account, day, route
from meetings.coverage
where day > day_in($as_of, $firm_time_zone) or (is_covered and gap_days is not null)
