-- One row per Cal.com booking and address, for everybody a route ever listed. Cal.com deletes the row of a cancelled
-- seat (Cal.com's source), so whoever is missing from a newer listing has left. Absences follow the newest word: they
-- do not touch the booking.
-- grain: uid, address
-- time zone: UTC
-- source of truth: Cal.com, whoever saw the attendee last
with deliveries as (
    select
        kind,
        coalesce(occurred_at, received_at) as observed_at,
        case when json_type(body, '$.payload') = 'OBJECT' then body -> '$.payload' else body end as body
    from sources.webhook_deliveries
    where platform = 'calcom' and is_booking_delivery(kind)
),

told as (
    select
        coalesce(said(body ->> '$.uid'), said(body ->> '$.bookingUid')) as uid,
        case
            when kind in ('MEETING_STARTED', 'MEETING_ENDED')
                then coalesce(api_instant(body ->> '$.updatedAt'), api_instant(body ->> '$.createdAt'))
            else observed_at
        end as observed_at,
        not (
            kind = 'BOOKING_CANCELLED'
            and coalesce(json_type(body, '$.seatsPerTimeSlot'), 'NULL') <> 'NULL'
            and said(body ->> '$.cancelledBy') is null
        ) as is_listed,
        from_json(body -> '$.attendees', '["JSON"]') as people,
        from_json(body -> '$.team.members', '["JSON"]') as members
    from deliveries
),

listed as (
    select account, coalesce(parent_id, split_part(record_id, '/', 1)) as uid, observed_at, updated_at, body
    from sources.api_records
    where platform = 'calcom' and kind = 'attendee'
),

seen as (
    select
        listed.uid,
        true as is_answer,
        true as is_listed,
        false as is_team_member,
        -- Whoever only an older state of the booking lists was listed before the newest one, whenever that was said.
        case
            when listed.updated_at < bookings.updated_at
                then least(listed.observed_at, bookings.observed_at - interval 1 microsecond)
            else listed.observed_at
        end as observed_at,
        listed.body
    from listed
    left join sources.api_records as bookings
        on bookings.platform = 'calcom' and bookings.kind = 'booking'
        and listed.account = bookings.account and listed.uid = bookings.record_id
    union all by name
    select uid, false as is_answer, is_listed, false as is_team_member, observed_at, unnest(people) as body
    from told
    union all by name
    select uid, false as is_answer, is_listed, true as is_team_member, observed_at, unnest(members) as body
    from told
),

read as (
    select
        *,
        from_json(body, '{
            "name": "VARCHAR", "email": "VARCHAR", "displayEmail": "VARCHAR", "timeZone": "VARCHAR",
            "phoneNumber": "VARCHAR", "absent": "BOOLEAN", "noShow": "BOOLEAN", "seatUid": "VARCHAR",
            "bookingFieldsResponses": "MAP(VARCHAR, JSON)"
        }') as person
    from seen
    where nullif(uid, '') is not null
),

versions as (
    select
        * exclude (body),
        address_said(coalesce(said(person.displayEmail), person.email)) as address,
        coalesce(person.absent, person.noShow) as is_absent,
        newness(observed_at, null, is_answer, case when is_listed then 0 else 1 end, body) as newness
    from read
),

merged as (
    select
        uid,
        address,
        arg_max(trim(coalesce(said(person.displayEmail), person.email)), newness) as email,
        arg_max(said(person.name), newness) as name,
        arg_max(said(person.timeZone), newness) as time_zone,
        arg_max(said(person.phoneNumber), newness) as phone,
        arg_max(said(person.seatUid), newness) as seat_uid,
        arg_max(nullif(form_answers(person.bookingFieldsResponses), []), newness) as answers,
        bool_or(is_team_member) as is_team_member,
        arg_max(is_listed, newness) as is_listed,
        arg_max(is_absent, newness) as is_absent,
        max(observed_at) filter (where is_absent is not null) as absence_observed_at,
        max(observed_at) as observed_at,
        routes_of(bool_or(is_answer), false, bool_or(not is_answer)) as routes
    from versions
    where address is not null
    group by uid, address
)

select
    merged.uid,
    merged.address,  -- as compared
    merged.email,  -- as given
    merged.name,
    merged.time_zone,  -- IANA
    merged.phone,
    merged.seat_uid,
    to_json(merged.answers) as answers,  -- of a seat; list of {question, answer, position}
    merged.is_team_member,  -- named as a member of the hosting team
    merged.is_absent,  -- null: no version told
    merged.absence_observed_at,
    not merged.is_listed or coalesce(merged.observed_at < bookings.listed_at, false) as has_left,
    merged.observed_at,  -- when the attendee was last listed
    merged.routes
from merged
inner join sources.calcom_bookings as bookings on merged.uid = bookings.uid
