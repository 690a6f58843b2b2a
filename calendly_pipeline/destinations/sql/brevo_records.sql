-- One row per record that Brevo should hold: contacts, and acts that are done once: joining a list, an event, a link to book
-- again, joining and leaving the re-engagement list.
-- Acts go by the time of their contact: none is sent without it, and of equals the contact's key sorts first.
-- grain: destination, record_key
-- time zone: UTC
with contact_fields as (
    select
        address,
        to_json(map(list(attribute order by attribute), list(value order by attribute))) as fields
    from destinations.brevo_values
    group by address
),

-- Who is on the re-engagement list by our doing and has no reason to be there any more.
asked as (
    select
        split_part(sent.record_key, ':', 1) as address,
        regexp_extract(sent.record_key, '^[^:]+:again:(.*)$', 1) as act_id,
        sent.contact_id,
        sent.fields
    from destinations.sent as sent
    where
        sent.destination = 'brevo'
        and sent.kind = 'reengagement'
        and sent.accepted_at is not null
        and $brevo is not null
        and split_part(sent.record_key, ':', 1) not in (select address from destinations.brevo_cases)
)

select
    'brevo' as destination,
    people.address as record_key,
    'contact' as kind,
    people.contact_id,
    concat_ws(' ', people.first_name, people.last_name, concat('<', people.address, '>')) as label,
    people.last_at as happened_at,
    contact_fields.fields,
    false as is_once,
    true as is_repeatable,
    null::varchar as blocked_reason
from destinations.brevo_people as people
inner join contact_fields on people.address = contact_fields.address
union all by name
select
    'brevo' as destination,
    concat(lists.address, ':list:', lists.list_name) as record_key,
    'membership' as kind,
    lists.contact_id,
    concat(lists.address, ' on ', lists.list_name) as label,
    people.last_at as happened_at,
    json_object('address', lists.address, 'list', lists.list_name) as fields,
    true as is_once,
    true as is_repeatable,
    null::varchar as blocked_reason
from destinations.brevo_lists as lists
inner join destinations.brevo_people as people on lists.address = people.address
union all by name
select
    'brevo' as destination,
    events.record_key,
    'event' as kind,
    events.contact_id,
    concat(events.address, ' ', events.event_name, ', ', events.event_type) as label,
    people.last_at as happened_at,
    json_object(
        'address', events.address,
        'name', events.event_name,
        'happened_at', strftime(events.happened_at, '%Y-%m-%dT%H:%M:%S+00:00'),
        'properties', events.properties
    ) as fields,
    true as is_once,
    false as is_repeatable,
    null::varchar as blocked_reason
from destinations.brevo_events as events
inner join destinations.brevo_people as people on events.address = people.address
union all by name
select
    'brevo' as destination,
    concat(cases.address, ':link:', cases.act_id) as record_key,
    'link' as kind,
    cases.contact_id,
    concat(cases.address, ' may book again after ', cases.event_type_name) as label,
    people.last_at as happened_at,
    json_object('address', cases.address, 'event_type', cases.books_event_type, 'list', cases.list_name) as fields,
    true as is_once,
    false as is_repeatable,
    case
        when cases.books_event_type is null then
            'no Calendly event type to book again; name one in destinations.brevo.reengagement.event_type'
    end as blocked_reason
from destinations.brevo_cases as cases
inner join destinations.brevo_people as people on cases.address = people.address
where cases.link_attribute is not null
union all by name
select
    'brevo' as destination,
    concat(cases.address, ':again:', cases.act_id) as record_key,
    'reengagement' as kind,
    cases.contact_id,
    concat(cases.address, ' on ', cases.list_name, ' after ', cases.event_type_name) as label,
    people.last_at as happened_at,
    json_object(
        'address', cases.address, 'list', cases.list_name, 'attribute', cases.link_attribute, 'link', links.remote_id
    ) as fields,
    true as is_once,
    true as is_repeatable,
    case
        when cases.link_attribute is not null and cases.books_event_type is null then
            'no Calendly event type to book again; name one in destinations.brevo.reengagement.event_type'
    end as blocked_reason
from destinations.brevo_cases as cases
inner join destinations.brevo_people as people on cases.address = people.address
left join destinations.sent as links
    on links.destination = 'brevo' and links.record_key = concat(cases.address, ':link:', cases.act_id)
union all by name
select
    'brevo' as destination,
    concat(address, ':out:', act_id) as record_key,
    'leaving' as kind,
    contact_id,
    concat(address, ' off ', fields ->> 'list') as label,
    null::timestamptz as happened_at,
    fields,
    true as is_once,
    true as is_repeatable,
    null::varchar as blocked_reason
from asked
