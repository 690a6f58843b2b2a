-- Every row of a file, record of an API and delivery of a webhook stands in its typed table, and what cannot be used there
-- stands among the rejected rows: nothing that was received is dropped in silence.
-- asset: sources.rejected_rows
-- severity: error
with received as (
    select 'calendly' as platform, 'row' as kind, file_id || ':' || line as key from sources.calendly_exports
    union all by name
    select 'calcom' as platform, 'row' as kind, file_id || ':' || line as key from sources.calcom_exports
    union all by name
    select
        platform,
        kind,
        case
            when platform = 'calcom' and kind = 'attendee'
                then concat_ws('/', parent_id, address_said(coalesce(said(body ->> '$.displayEmail'), body ->> '$.email')))
            else lower(record_id)
        end as key
    from sources.api_records
    where (platform, kind) in (
        ('calendly', 'event'), ('calendly', 'invitee'), ('calcom', 'booking'), ('calcom', 'attendee'), ('lacrm', 'contact')
    )
    union all by name
    select platform, 'invitee' as kind, uri_id(body ->> '$.payload.uri') as key
    from sources.webhook_deliveries
    where platform = 'calendly' and is_invitee_delivery(kind)
    union all by name
    select platform, 'booking' as kind,
        coalesce(
            said(body ->> '$.payload.uid'), said(body ->> '$.payload.bookingUid'), said(body ->> '$.uid'), said(body ->> '$.bookingUid')
        ) as key
    from sources.webhook_deliveries
    where platform = 'calcom' and is_booking_delivery(kind)
),

typed as (
    select 'calendly' as platform, 'row' as kind, file_id || ':' || line as key from sources.calendly_rows
    union all by name
    select 'calcom' as platform, 'row' as kind, file_id || ':' || line as key from sources.calcom_rows
    union all by name
    select 'calendly' as platform, 'event' as kind, event_id as key from sources.calendly_events
    union all by name
    select 'calendly' as platform, 'invitee' as kind, invitee_id as key from sources.calendly_invitees
    union all by name
    select 'calcom' as platform, 'booking' as kind, lower(uid) as key from sources.calcom_bookings
    union all by name
    select 'calcom' as platform, 'attendee' as kind, uid || '/' || address as key from sources.calcom_attendees
    union all by name
    select 'lacrm' as platform, 'contact' as kind, lower(contact_key) as key from sources.lacrm_contacts
),

unusable as (
    select file_id || ':' || line as row_id from sources.calendly_rows where problem is not null
    union all by name
    select file_id || ':' || line as row_id from sources.calcom_rows where problem is not null
    union all by name
    select 'calendly:event:' || event_id as row_id from sources.calendly_events where problem is not null
    union all by name
    select 'calendly:invitee:' || invitee_id as row_id from sources.calendly_invitees where problem is not null
    union all by name
    select 'calcom:booking:' || uid as row_id from sources.calcom_bookings where problem is not null and is_hosted
    union all by name
    select file_id || ':' || line as row_id from sources.unread_rows
)

select platform, kind, key, 'is in no table' as problem
from received
where key is not null and (platform, kind, lower(key)) not in (select (platform, kind, lower(key)) from typed)
union all by name
select null as platform, 'rejected' as kind, row_id as key, 'is not listed as rejected' as problem
from unusable
where row_id not in (select row_id from sources.rejected_rows)
