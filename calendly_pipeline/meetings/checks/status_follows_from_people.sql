-- A meeting's status is what its people's rows say: over or not, somebody active or nobody, somebody there or nobody.
-- asset: meetings.attendees
-- severity: error
with people as (
    select
        meeting_id,
        count(*) filter (where role = 'invitee' and status = 'active') as active_count,
        count(*) filter (where role = 'invitee' and status = 'rescheduled') as moved_count,
        count(*) filter (where role = 'invitee' and status = 'active' and not coalesce(is_no_show, false)) as present_count,
        count(*) filter (where is_held) as held_count
    from meetings.attendees
    group by meeting_id
)

select
    meetings.meeting_id,
    meetings.status,
    meetings.ends_at,
    people.active_count,
    people.moved_count,
    people.present_count,
    people.held_count
from meetings.meetings as meetings
left join people on meetings.meeting_id = people.meeting_id
where
    not coalesce(
        case meetings.status
            when 'rejected' then people.held_count = 0
            when 'pending' then people.held_count = 0 and people.active_count > 0
            when 'confirmed' then people.held_count = 0 and people.active_count > 0 and meetings.ends_at > $as_of
            when 'cancelled' then people.held_count = 0 and people.active_count = 0 and people.moved_count = 0
            when 'rescheduled' then people.held_count = 0 and people.active_count = 0 and people.moved_count > 0
            when 'no_show'
                then meetings.ends_at <= $as_of and people.active_count > 0 and people.held_count = 0
                and (people.present_count = 0 or meetings.is_host_absent)
            when 'completed'
                then meetings.ends_at <= $as_of and people.present_count > 0 and people.held_count > 0
                and not coalesce(meetings.is_host_absent, false)
        end,
        false
    )
