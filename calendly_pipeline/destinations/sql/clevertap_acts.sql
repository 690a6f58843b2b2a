-- One row per booking, subject and act: what became of the booking, and when. A booking that was made as the successor of
-- a moved one is a reschedule, not a booking; the moved one is no cancellation. A no-show may be set, taken off and set
-- again: each is an act of its own, counted by what was sent.
-- grain: subject, act, person_key, meeting_id
-- time zone: UTC
with rules as (
    select
        $clevertap::json ->> 'subject' as subject,
        from_json($clevertap::json -> 'transitions', '["VARCHAR"]') as transitions
),

subjects as (
    select unnest(case when subject = 'both' then ['host', 'invitee'] else [subject] end) as subject
    from rules
),

-- What CleverTap knows the meeting by: an id from before its UUID was known, or the other tool's before the migration.
names as (
    select meeting_id, person_key, meeting_id as also
    from destinations.clevertap_bookings
    union
    select bookings.meeting_id, bookings.person_key, aliases.alias_id as also
    from destinations.clevertap_bookings as bookings
    inner join meetings.meeting_aliases as aliases on bookings.meeting_id = aliases.meeting_id
    union
    select bookings.meeting_id, bookings.person_key, losers.meeting_id as also
    from destinations.clevertap_bookings as bookings
    inner join meetings.duplicates as duplicates on bookings.attendee_id = duplicates.counted_attendee_id
    inner join meetings.attendees as losers on duplicates.attendee_id = losers.attendee_id
),

-- What CleverTap took, or may have taken: `event:<subject>:<act>:<person key>:<meeting id as it was called then>`.
sent_events as (
    select
        record_key,
        split_part(record_key, ':', 2) as subject,
        split_part(record_key, ':', 3) as act,
        split_part(record_key, ':', 4) as person_key,
        array_to_string(string_split(record_key, ':')[5:], ':') as meeting_id
    from destinations.sent
    where destination = 'clevertap' and kind = 'event' and (accepted_at is not null or is_open)
),

before as (
    select
        names.meeting_id,
        names.person_key,
        sent.subject,
        sent.act,
        min(sent.record_key) as record_key
    from names
    inner join sent_events as sent
        on names.also = sent.meeting_id and names.person_key = sent.person_key
    group by names.meeting_id, names.person_key, sent.subject, sent.act
),

marks as (
    select
        meeting_id,
        person_key,
        subject,
        count(*) filter (where act not like 'no_show_removed%') as set_count,
        count(*) filter (where act like 'no_show_removed%') as removed_count
    from before
    where act like 'no_show%'
    group by meeting_id, person_key, subject
),

-- A mark set after CleverTap was connected is news when it is learnt: no booking tool says when it was set.
connected as (
    select min(attempted_at) as since
    from destinations.ledger
    where destination = 'clevertap' and outcome = 'accepted'
),

asked as (
    select
        bookings.*,
        subjects.subject,
        coalesce(marks.set_count, 0) as set_count,
        coalesce(marks.removed_count, 0) as removed_count,
        case
            when bookings.ends_at > connected.since and bookings.ends_at > $as_of::timestamptz - interval 7 day
                then $as_of::timestamptz
            else bookings.ends_at
        end as marked_at
    from destinations.clevertap_bookings as bookings
    cross join subjects
    cross join connected
    left join marks
        on bookings.meeting_id = marks.meeting_id
        and bookings.person_key = marks.person_key
        and subjects.subject = marks.subject
),

acts as (
    select
        meeting_id, person_key, subject,
        case when rescheduled_from_id is null then 'scheduled' else 'rescheduled' end as transition,
        1 as number,
        booked_at as moment,
        status <> 'active' as is_overtaken
    from asked
    union all by name
    select meeting_id, person_key, subject, 'cancelled' as transition, 1 as number, cancelled_at as moment
    from asked
    where status = 'cancelled'
    union all by name
    select meeting_id, person_key, subject, 'completed' as transition, 1 as number, ends_at as moment
    from asked
    where is_held
    union all by name
    select
        meeting_id, person_key, subject, 'no_show' as transition,
        unnest(range(1, set_count + 1 + (is_marked and set_count = removed_count)::integer)) as number,
        marked_at as moment
    from (select *, status = 'active' and coalesce(is_no_show, false) and ends_at <= $as_of as is_marked from asked)
    union all by name
    select
        meeting_id, person_key, subject, 'no_show_removed' as transition,
        unnest(range(1, removed_count + 1 + (is_no_show is false and set_count > removed_count)::integer)) as number,
        marked_at as moment
    from asked
),

numbered as (
    select *, concat(transition, case when number > 1 then concat('_', number) end) as act
    from acts
)

select
    numbered.subject,  -- host | invitee: whose profile it goes to
    numbered.act,  -- the transition; from the second time on with its number
    numbered.person_key,
    numbered.meeting_id,
    coalesce(
        before.record_key,
        concat_ws(':', 'event', numbered.subject, numbered.act, numbered.person_key, numbered.meeting_id)
    ) as record_key,
    numbered.transition,  -- scheduled | rescheduled | cancelled | no_show | no_show_removed | completed
    coalesce(numbered.moment, least(bookings.starts_at, $as_of::timestamptz)) as occurred_at,
    numbered.moment is not null as is_moment_known,  -- an export does not say when a booking was cancelled
    coalesce(numbered.is_overtaken, false) as is_overtaken  -- no longer true: a booking that was cancelled since
from numbered
cross join rules
inner join destinations.clevertap_bookings as bookings
    on numbered.meeting_id = bookings.meeting_id and numbered.person_key = bookings.person_key
left join before
    on numbered.meeting_id = before.meeting_id
    and numbered.person_key = before.person_key
    and numbered.subject = before.subject
    and numbered.act = before.act
where list_contains(rules.transitions, numbered.transition)
