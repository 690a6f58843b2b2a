-- One row per contact and event in the relationship: booked, rescheduled, cancelled, held, no_show.
-- An export does not say when a booking was cancelled or moved: a move happened when the new booking was made, and an
-- unknown moment is given as the meeting's start with `is_moment_known` false.
-- grain: contact_id, meeting_id, event
-- time zone: UTC
with events as (
    select contact_id, meeting_id, 'booked' as event, booked_at as happened_at
    from metrics.contact_meetings
    where booked_at is not null
    union all by name
    select attended.contact_id, attended.meeting_id, 'rescheduled' as event,
        coalesce(attended.cancelled_at, target.booked_at) as happened_at
    from metrics.contact_meetings as attended
    left join meetings.meetings as target on attended.rescheduled_to_id = target.meeting_id
    where attended.is_rescheduled
    union all by name
    select contact_id, meeting_id, 'cancelled' as event, cancelled_at as happened_at
    from metrics.contact_meetings
    where is_cancelled
    union all by name
    select contact_id, meeting_id, 'held' as event, starts_at as happened_at
    from metrics.contact_meetings
    where is_held
    union all by name
    select contact_id, meeting_id, 'no_show' as event, starts_at as happened_at
    from metrics.contact_meetings
    where is_no_show
)

select
    events.contact_id,
    events.meeting_id,
    events.event,  -- booked | rescheduled | cancelled | held | no_show
    coalesce(events.happened_at, attended.starts_at) as happened_at,  -- UTC
    events.happened_at is not null as is_moment_known,
    attended.meeting_type,
    attended.title,
    attended.host_name
from events
inner join metrics.contact_meetings as attended
    on events.contact_id = attended.contact_id and events.meeting_id = attended.meeting_id
