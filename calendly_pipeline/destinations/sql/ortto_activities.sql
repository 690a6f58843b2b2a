-- One row per thing that happened to a booking, as an activity on a person: created, rescheduled, cancelled, no-show set
-- and taken back. The key names meeting, person and transition, so that the same thing is the same activity whenever it
-- is sent. A booking that went by another id before keeps the key it was sent under.
-- Moments nobody tells: a cancellation known from an export alone stands at the meeting's start, once that has passed; a
-- no-show mark at the meeting's end, and each further change of the mark a second later.
-- grain: record_key
-- time zone: UTC
with chosen as (
    select unnest(from_json($ortto::json -> 'activities', '["VARCHAR"]')) as transition
    where $ortto is not null
),

names as (
    select meeting_id, meeting_id as also from meetings.meetings
    union
    select meeting_id, alias_id as also from meetings.meeting_aliases
),

keyed as (
    select bookings.*, md5(bookings.address) as person_key
    from destinations.ortto_bookings as bookings
),

-- What Ortto has by our accepted writes, or may have, under whichever id.
told as (
    select
        record_key,
        accepted_at,
        split_part(record_key, '|', 2) as meeting_id,
        split_part(record_key, '|', 3) as person_key,
        split_part(record_key, '|', 4) as transition,
        split_part(record_key, '|', 5)::integer as round
    from destinations.sent
    where destination = 'ortto' and kind = 'activity' and (accepted_at is not null or is_open)
),

held as (
    select
        keyed.meeting_id,
        keyed.address,
        told.transition,
        told.round,
        bool_or(told.accepted_at is not null) as is_accepted,
        arg_min(told.record_key, (told.accepted_at is null, told.accepted_at, told.record_key)) as record_key
    from keyed
    inner join names on keyed.meeting_id = names.meeting_id
    inner join told on names.also = told.meeting_id and keyed.person_key = told.person_key
    group by keyed.meeting_id, keyed.address, told.transition, told.round
),

marks as (
    select
        meeting_id,
        address,
        count(*) filter (where transition = 'no_show' and is_accepted) as shown_count,
        count(*) filter (where transition = 'no_show_removed' and is_accepted) as taken_back_count
    from held
    group by meeting_id, address
),

happened as (
    select keyed.*, 'created' as transition, 1 as round, keyed.booked_at as happened_at
    from keyed
    where rescheduled_from_id is null
    union all by name
    select keyed.*, 'rescheduled' as transition, 1 as round, keyed.booked_at as happened_at
    from keyed
    where rescheduled_from_id is not null
    union all by name
    select keyed.*, 'cancelled' as transition, 1 as round,
        coalesce(keyed.cancelled_at, case when keyed.starts_at <= $as_of then keyed.starts_at end) as happened_at
    from keyed
    where status = 'cancelled'
    union all by name
    select keyed.*, 'no_show' as transition, (coalesce(marks.taken_back_count, 0) + 1)::integer as round,
        keyed.ends_at + to_seconds(2 * coalesce(marks.taken_back_count, 0)) as happened_at
    from keyed
    left join marks on keyed.meeting_id = marks.meeting_id and keyed.address = marks.address
    where keyed.is_over and keyed.is_no_show
    union all by name
    select keyed.*, 'no_show_removed' as transition, marks.shown_count::integer as round,
        keyed.ends_at + to_seconds(2 * marks.shown_count - 1) as happened_at
    from keyed
    inner join marks on keyed.meeting_id = marks.meeting_id and keyed.address = marks.address
    where not keyed.is_no_show and marks.shown_count > marks.taken_back_count
)

select
    'ortto' as destination,
    coalesce(
        held.record_key,
        concat_ws('|', 'activity', happened.meeting_id, happened.person_key, happened.transition, happened.round)
    ) as record_key,
    'activity' as kind,
    happened.contact_id,
    concat(coalesce(happened.name, happened.address), ', ', replace(happened.transition, '_', ' ')) as label,
    happened.happened_at,
    json_object(
        'transition', happened.transition,
        'address', happened.address,
        'created', strftime(happened.happened_at, '%Y-%m-%dT%H:%M:%SZ'),
        'Event type', happened.event_type,
        'Invitee name', happened.name,
        'Host', happened.host_name,
        'Start time', strftime(happened.starts_at, '%Y-%m-%dT%H:%M:%SZ'),
        'End time', strftime(happened.ends_at, '%Y-%m-%dT%H:%M:%SZ'),
        'Duration in minutes', happened.duration_minutes,
        'Location', left(happened.location, 500),
        'Created at', strftime(happened.booked_at, '%Y-%m-%dT%H:%M:%SZ'),
        'Answers', left(happened.answers, 4000),
        'Previous start time', case when happened.transition = 'rescheduled'
            then strftime(happened.previous_starts_at, '%Y-%m-%dT%H:%M:%SZ') end,
        'Cancel reason', case when happened.transition = 'cancelled' then left(happened.cancellation_reason, 500) end,
        'Cancelled by', case when happened.transition = 'cancelled' then happened.cancelled_by_name end,
        'Canceller type', case when happened.transition = 'cancelled' then nullif(happened.cancelled_by, 'unknown') end,
        'Booking tool', case happened.platform when 'calcom' then 'Cal.com' else 'Calendly' end
    ) as fields,
    true as is_once,
    true as is_repeatable,
    case when happened.happened_at is null then
        case
            when happened.transition = 'cancelled'
                then 'an export does not say when it was cancelled; it is sent once the meeting''s start has passed'
            else 'nobody says when it was booked'
        end
    end as blocked_reason
from happened
inner join chosen on happened.transition = chosen.transition
left join held
    on happened.meeting_id = held.meeting_id
    and happened.address = held.address
    and happened.transition = held.transition
    and happened.round = held.round
