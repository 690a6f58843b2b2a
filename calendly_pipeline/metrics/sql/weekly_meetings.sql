-- One row per week, platform and meeting type, by the week a meeting starts in; duplicates of the other tool left out.
-- grain: week_on, platform, meeting_type
-- time zone: the firm's
select
    date_trunc('week', day_in(meetings.starts_at, $firm_time_zone))::date as week_on,  -- Monday
    meetings.platform,
    types.meeting_type,
    count(*)::integer as meetings_count,
    (count(*) filter (where meetings.status = 'completed'))::integer as held_count,
    (count(*) filter (where meetings.status = 'no_show'))::integer as no_show_count,
    (count(*) filter (where meetings.status = 'cancelled'))::integer as cancelled_count,
    (count(*) filter (where meetings.status = 'rescheduled'))::integer as rescheduled_count,
    (count(*) filter (where meetings.status in ('confirmed', 'pending')))::integer as upcoming_count
from meetings.meetings as meetings
inner join classification.meeting_types as types on meetings.meeting_id = types.meeting_id
where meetings.duplicate_of is null and meetings.status <> 'rejected'
group by all
