-- The last seven covered days of an account hold between two fifths and three times the meetings that such days held in
-- the eight weeks before, each weekday by its median, so that a holiday in them moves nothing. One or two holidays in
-- the seven days stay within; a closed week does not. Silent with less than eight weeks, or under ten expected meetings.
-- asset: meetings.coverage
-- severity: warn
with days as (
    select platform, account, day
    from meetings.coverage
    where is_covered and day < day_in($as_of, $firm_time_zone)
    group by all
),

counted as (
    select days.platform, days.account, days.day, count(meetings.meeting_id) as meetings_count
    from days
    left join meetings.meetings as meetings
        on days.platform = meetings.platform
        and days.account = meetings.account
        and days.day = day_in(meetings.starts_at, $firm_time_zone)
        and meetings.duplicate_of is null
    group by all
),

recent as (
    select *, max(day) over (partition by platform, account) as last_day
    from counted
),

usual as (
    select platform, account, isodow(day) as weekday, median(meetings_count) as usual_count, count(*) as weeks_count
    from recent
    where day <= last_day - 7 and day > last_day - 63
    group by all
),

compared as (
    select
        recent.platform,
        recent.account,
        max(recent.last_day) as last_day,
        sum(recent.meetings_count) as meetings_count,
        sum(usual.usual_count) as usual_count,
        min(usual.weeks_count) as weeks_count,
        count(usual.weekday) as days_count
    from recent
    left join usual
        on recent.platform = usual.platform
        and recent.account = usual.account
        and isodow(recent.day) = usual.weekday
    where recent.day > recent.last_day - 7
    group by recent.platform, recent.account
)

select platform, account, last_day, meetings_count, usual_count
from compared
where
    weeks_count >= 8
    and days_count = 7
    and usual_count >= 10
    and meetings_count not between 0.4 * usual_count and 3 * usual_count
