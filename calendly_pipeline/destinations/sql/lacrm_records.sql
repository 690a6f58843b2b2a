-- One row per note or event that LACRM should hold of a meeting, when `destinations.lacrm.meetings` asks for them: one for
-- every contact that came. What was written of a meeting that turns out not to have been held says so; it stays.
-- And one row per new card, when `destinations.lacrm.create_contacts` is on: only for whom a person decided so at the desk.
-- grain: destination, record_key
-- time zone: UTC
with rules as (
    select
        $lacrm::json ->> 'meetings' as kind,
        ($lacrm::json ->> 'create_contacts')::boolean as creates_contacts
),

-- Earlier ids of a meeting and the other meetings of its chain: a note written under one of them is this meeting's note.
names as (
    select meeting_id, meeting_id as also from meetings.meetings
    union
    select meeting_id, alias_id as also from meetings.meeting_aliases
    union
    select mine.meeting_id, theirs.meeting_id as also
    from meetings.meetings as mine
    inner join meetings.meetings as theirs on mine.chain_id = theirs.chain_id
),

before as (
    select
        attended.contact_id,
        attended.meeting_id,
        arg_min(sent.record_key, (sent.accepted_at, sent.record_key)) as record_key
    from metrics.contact_meetings as attended
    inner join names on attended.meeting_id = names.meeting_id
    inner join destinations.sent as sent
        on sent.destination = 'lacrm'
        and sent.record_key in (
            concat('notes:', attended.contact_id, ':', names.also), concat('events:', attended.contact_id, ':', names.also)
        )
    group by attended.contact_id, attended.meeting_id
),

-- Of a chain whose note is there, the meeting that was held, else the newest, speaks for it.
spoken as (
    select
        attended.contact_id,
        attended.meeting_id,
        before.record_key,
        attended.is_held
    from metrics.contact_meetings as attended
    inner join contacts.contacts as contacts
        on attended.contact_id = contacts.contact_id and contacts.source = 'crm' and not contacts.is_company
    left join before on attended.contact_id = before.contact_id and attended.meeting_id = before.meeting_id
    where attended.is_held or before.record_key is not null
    qualify row_number() over (
        partition by attended.contact_id, coalesce(before.record_key, attended.meeting_id)
        order by attended.is_held desc, attended.starts_at desc, attended.meeting_id
    ) = 1
)

select
    'lacrm' as destination,
    coalesce(spoken.record_key, concat(rules.kind, ':', spoken.contact_id, ':', spoken.meeting_id)) as record_key,
    case when split_part(coalesce(spoken.record_key, rules.kind), ':', 1) = 'events' then 'event' else 'note' end as kind,
    spoken.contact_id,
    concat(contacts.full_name, ', ', strftime(timezone($firm_time_zone, meetings.starts_at), '%d %b %Y')) as label,
    meetings.starts_at as happened_at,
    json_object(
        'title', concat(case when not spoken.is_held then 'Not held: ' end, coalesce(meetings.event_type_name, meetings.title, 'Meeting')),
        'text', concat_ws(
            chr(10),
            concat(
                case when not spoken.is_held then 'Not held: ' end,
                upper(types.meeting_type[1]), replace(types.meeting_type[2:], '_', ' '),
                coalesce(' with ' || meetings.host_name, ''), ', ', meetings.duration_minutes, ' minutes'
            ),
            concat('[meeting ', split_part(coalesce(spoken.record_key, concat('::', meetings.meeting_id)), ':', 3), ':',
                split_part(coalesce(spoken.record_key, concat('::', meetings.meeting_id)), ':', 4), ']')
        ),
        'starts_at', strftime(meetings.starts_at, '%Y-%m-%dT%H:%M:%S+00:00'),
        'ends_at', strftime(meetings.ends_at, '%Y-%m-%dT%H:%M:%S+00:00')
    ) as fields,
    false as is_once,
    false as is_repeatable,
    null::varchar as blocked_reason
from spoken
cross join rules
inner join meetings.meetings as meetings on spoken.meeting_id = meetings.meeting_id
inner join classification.meeting_types as types on spoken.meeting_id = types.meeting_id
inner join contacts.contacts as contacts on spoken.contact_id = contacts.contact_id
where rules.kind in ('notes', 'events')
union all by name
select
    'lacrm' as destination,
    concat('contact:', people.address) as record_key,
    'contact' as kind,
    null::varchar as contact_id,
    concat_ws(' ', people.name, concat('<', people.address, '>')) as label,
    null::timestamptz as happened_at,
    json_object('Name', people.name, 'Email', people.address, 'Phone', people.phone) as fields,
    true as is_once,
    false as is_repeatable,
    case when people.name is null then 'nobody gave a name; add the card by hand' end as blocked_reason
from contacts.new_contacts as people
cross join rules
where rules.creates_contacts and people.is_decided and people.address is not null
