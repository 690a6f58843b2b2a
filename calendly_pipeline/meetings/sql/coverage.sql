-- One row per platform, account, route and day: whether that route can vouch for the day.
-- grain: platform, account, route, day
select
    null::varchar as platform, null::varchar as account, null::date as day, null::varchar as route,
    null::integer as meetings_count, null::boolean as is_covered, null::integer as gap_days
where false
