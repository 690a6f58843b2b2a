-- One row per row of a dropped file, record of an API or delivery of a webhook that could not be used; nothing is
-- dropped without standing here. Deliveries of kinds that nothing is made of are no rejects: they stay in
-- `sources.webhook_deliveries`.
-- grain: row_id, reason
with unusable as (
    select file_id, line, reason, raw
    from sources.unread_rows
    union all by name
    select rows.file_id, rows.line, rows.problem as reason, to_json(exports)::varchar as raw
    from sources.calendly_rows as rows
    inner join sources.calendly_exports as exports on rows.file_id = exports.file_id and rows.line = exports.line
    where rows.problem is not null
    union all by name
    select rows.file_id, rows.line, rows.problem as reason, to_json(exports)::varchar as raw
    from sources.calcom_rows as rows
    inner join sources.calcom_exports as exports on rows.file_id = exports.file_id and rows.line = exports.line
    where rows.problem is not null
),

records as (
    select 'calendly' as platform, 'event' as kind, event_id as record_id, routes, problem as reason
    from sources.calendly_events
    where problem is not null
    union all by name
    select 'calendly' as platform, 'event' as kind, event_id as record_id, routes, 'no invitee of the event is loaded' as reason
    from sources.calendly_events
    where event_id not in (select event_id from sources.calendly_invitees where event_id is not null)
        and event_id not in (select record_id from sources.api_records where kind = 'suppressed')
    union all by name
    select 'calendly' as platform, 'invitee' as kind, invitee_id as record_id, routes, problem as reason
    from sources.calendly_invitees
    where problem is not null
    union all by name
    select 'calendly' as platform, 'invitee' as kind, invitee_id as record_id, routes, 'the invitee''s event is not loaded, or not usable' as reason
    from sources.calendly_invitees
    where event_id not in (select event_id from sources.calendly_events where problem is null)
    union all by name
    select 'calcom' as platform, 'booking' as kind, uid as record_id, routes, problem as reason
    from sources.calcom_bookings
    where problem is not null and is_hosted
    union all by name
    select 'calcom' as platform, 'booking' as kind, uid as record_id, routes, 'the booking names no attendee''s address' as reason
    from sources.calcom_bookings
    where is_whole and is_hosted and uid not in (select uid from sources.calcom_attendees)
),

bodies as (
    select records.platform, records.kind, records.record_id, min(left(without_bearer_links(answers.body), 4000)) as raw
    from records
    inner join sources.api_records as answers
        on records.platform = answers.platform
        and records.kind = answers.kind
        and lower(records.record_id) = lower(answers.record_id)
    group by all
),

-- Whoever has no address is nobody's contact; the booking's other attendees count all the same.
calcom_people as (
    select
        concat_ws(':', 'calcom', 'attendee', record_id) as owner_id,
        record_id as uid,
        concat('api attendee of ', record_id) as said_in,
        from_json(body -> 'attendees', '["JSON"]') as people
    from sources.api_records
    where platform = 'calcom' and kind = 'booking' and json_type(body -> 'attendees') = 'ARRAY'
    union all by name
    select
        concat_ws(':', 'calcom', 'delivery', delivery_id) as owner_id,
        coalesce(said(payload ->> '$.uid'), said(payload ->> '$.bookingUid')) as uid,
        concat('webhook ', kind, ' delivery ', delivery_id) as said_in,
        from_json(payload -> '$.attendees', '["JSON"]') as people
    from (
        select
            delivery_id,
            kind,
            case when json_type(body, '$.payload') = 'OBJECT' then body -> '$.payload' else body end as payload
        from sources.webhook_deliveries
        where platform = 'calcom' and is_booking_delivery(kind)
    )
    where json_type(payload -> '$.attendees') = 'ARRAY'
),

addressless as (
    select owner_id, said_in, position, people[position] as raw
    from (
        select owner_id, uid, said_in, people, unnest(range(1, len(people) + 1)) as position
        from calcom_people
    )
    where address_said(coalesce(said(people[position] ->> 'displayEmail'), people[position] ->> 'email')) is null
        and uid in (select uid from sources.calcom_bookings where is_hosted)
),

exported_people as (
    select file_id, line, people, unnest(range(1, len(people) + 1)) as position
    from (
        select file_id, line, from_json(attendees, '["JSON"]') as people
        from sources.calcom_rows
        where problem is null
    )
),

nameless as (
    select delivery_id, platform, kind, 'the delivery names no invitee' as reason, body
    from sources.webhook_deliveries
    where
        platform = 'calendly'
        and is_invitee_delivery(kind)
        and uri_id(body ->> '$.payload.uri') is null
    union all by name
    select delivery_id, platform, kind, 'the delivery names no booking' as reason, body
    from sources.webhook_deliveries
    where platform = 'calcom' and is_booking_delivery(kind)
        and coalesce(
            said(body ->> '$.payload.uid'), said(body ->> '$.payload.bookingUid'), said(body ->> '$.uid'), said(body ->> '$.bookingUid')
        ) is null
)

select
    unusable.file_id || ':' || unusable.line as row_id,  -- file and line, or route and record
    unusable.file_id,  -- null: no row of a file
    files.folder,  -- drop folder, or the platform
    files.name as file,  -- name it was dropped under, or route, kind and id of the record
    unusable.line,  -- null: no row of a file
    unusable.reason,
    unusable.raw  -- the row or record as said, without links that cancel or move a booking, or its cells
from unusable
inner join sources.files as files on unusable.file_id = files.file_id
union all by name
select
    concat_ws(':', exported.file_id, exported.line, exported.position) as row_id,
    exported.file_id,
    files.folder,
    files.name as file,
    exported.line,
    'the attendee has no address' as reason,
    left(exported.people[exported.position]::varchar, 4000) as raw
from exported_people as exported
inner join sources.files as files on exported.file_id = files.file_id
where plain_address(exported.people[exported.position] ->> 'email') is null
union all by name
select
    concat_ws(':', records.platform, records.kind, records.record_id) as row_id,
    records.platform as folder,
    concat_ws(' ', array_to_string(records.routes, ' and '), records.kind, records.record_id) as file,
    records.reason,
    coalesce(bodies.raw, '{}') as raw
from records
left join bodies
    on records.platform = bodies.platform and records.kind = bodies.kind and records.record_id = bodies.record_id
union all by name
select
    concat_ws(':', nameless.platform, 'delivery', nameless.delivery_id) as row_id,
    nameless.platform as folder,
    concat_ws(' ', 'webhook', nameless.kind, 'delivery', nameless.delivery_id) as file,
    nameless.reason,
    left(without_bearer_links(nameless.body), 4000) as raw
from nameless
union all by name
select
    concat_ws(':', addressless.owner_id, addressless.position) as row_id,
    'calcom' as folder,
    addressless.said_in as file,
    'the attendee has no address' as reason,
    left(addressless.raw::varchar, 4000) as raw
from addressless
