-- One row per meeting and address that booked it, as Ortto is told of it; staff, duplicates of the other tool, and what
-- awaits the host or was turned down are left out. Empty while `[destinations.ortto]` is absent.
-- grain: meeting_id, address
-- time zone: UTC
with rules as (
    select
        nullif($ortto::json ->> 'consent_question', '') as consent_question,
        from_json($ortto::json -> 'consent_answers', '["VARCHAR"]') as consent_answers
    where $ortto is not null
),

verdicts as (
    select
        attendee_id,
        bool_or(decision = 'internal') as is_internal,
        list_sort(list(distinct contact_id) filter (where decision in ('auto', 'confirmed') and contact_id is not null))
            as contact_ids
    from contacts.matches
    group by attendee_id
),

said_answers as (
    select
        attendee_id,
        string_agg(concat(answer.key, ': ', answer.value), chr(10) order by answer.key) as answers,
        bool_or(
            lower(trim(answer.key)) = lower(trim(rules.consent_question))
            and list_contains(rules.consent_answers, lower(trim(answer.value)))
        ) as has_consented
    from (
        select attendee_id, unnest(map_entries(try_cast(answers as map(varchar, varchar)))) as answer
        from meetings.attendees
        where answers is not null
    )
    cross join rules
    group by attendee_id
),

people as (
    select
        attendees.meeting_id,
        attendees.address,
        arg_min(coalesce(said(attendees.name), said(concat_ws(' ', said(attendees.first_name), said(attendees.last_name)))),
            attendees.attendee_id) as name,
        arg_min(said(attendees.first_name), attendees.attendee_id) as first_name,
        arg_min(said(attendees.last_name), attendees.attendee_id) as last_name,
        arg_min(identities.phone, attendees.attendee_id) as phone,
        arg_min(identities.company, attendees.attendee_id) as company,
        bool_or(attendees.status = 'active') as is_active,
        bool_or(attendees.status = 'rescheduled') as is_moved,
        bool_or(attendees.is_no_show) as is_no_show,
        bool_or(attendees.is_held) as is_held,
        min(attendees.booked_at) as booked_at,
        max(attendees.cancelled_at) as cancelled_at,
        max(attendees.cancelled_by) as cancelled_by,
        max(attendees.cancellation_reason) as cancellation_reason,
        max(attendees.rescheduled_from_id) as rescheduled_from_id,
        min(said_answers.answers) as answers,
        coalesce(bool_or(said_answers.has_consented), false) as has_consented,
        list_sort(list_distinct(flatten(list(coalesce(verdicts.contact_ids, []))))) as contact_ids
    from meetings.attendees as attendees
    cross join rules
    left join verdicts on attendees.attendee_id = verdicts.attendee_id
    left join said_answers on attendees.attendee_id = said_answers.attendee_id
    left join contacts.attendee_identities as booked on attendees.attendee_id = booked.attendee_id
    left join contacts.identities as identities on booked.identity_id = identities.identity_id
    where
        attendees.role = 'invitee'
        and attendees.duplicate_of is null
        and contains(attendees.address, '@')
        and not coalesce(verdicts.is_internal, false)
    group by attendees.meeting_id, attendees.address
)

select
    people.meeting_id,
    people.address,  -- as compared: lower case
    people.name,
    coalesce(people.first_name, said(split_part(people.name, ' ', 1))) as first_name,
    coalesce(people.last_name, said(substr(people.name, length(split_part(people.name, ' ', 1)) + 1))) as last_name,
    people.phone,  -- E.164
    people.company,
    case
        when not people.is_active and people.is_moved then 'moved'
        when not people.is_active then 'cancelled'
        when people.is_no_show and meetings.status in ('completed', 'no_show') then 'no_show'
        when people.is_held then 'completed'
        when people.rescheduled_from_id is not null then 'rescheduled'
        else 'booked'
    end as status,  -- booked | rescheduled | completed | no_show | cancelled | moved
    meetings.status in ('completed', 'no_show') and people.is_active as is_over,
    people.is_no_show,  -- null: no route can know
    people.booked_at,
    people.cancelled_at,  -- null where only an export knows of it
    people.cancelled_by,  -- host | invitee | unknown
    case people.cancelled_by when 'host' then meetings.host_name when 'invitee' then people.name end as cancelled_by_name,
    people.cancellation_reason,
    origin.starts_at as previous_starts_at,  -- null: not moved here
    people.rescheduled_from_id,
    people.answers,  -- a line per question
    people.has_consented,  -- the form's consent question was answered yes
    case when len(people.contact_ids) = 1 then people.contact_ids[1] end as contact_id,  -- null: nobody, or two share it
    meetings.platform,
    coalesce(meetings.event_type_name, meetings.title) as event_type,
    meetings.starts_at,
    meetings.ends_at,
    meetings.duration_minutes,
    meetings.host_name,
    meetings.location
from people
inner join meetings.meetings as meetings on people.meeting_id = meetings.meeting_id
left join meetings.meetings as origin on people.rescheduled_from_id = origin.meeting_id
where meetings.duplicate_of is null and meetings.status not in ('pending', 'rejected')
