-- One row per Cal.com booking and address, merged over API, webhooks and exports. Nobody is forgotten: who is missing
-- from a newer listing of the API has left. A no-show mark follows the newest observation.
-- grain: meeting_id, address
-- time zone: UTC
with listed as (
    select
        source_event_id as uid,
        observed_at,
        unnest(from_json(attendees, '[{"name": "VARCHAR", "email": "VARCHAR", "phone": "VARCHAR"}]')) as person,
        generate_subscripts(from_json(attendees, '[{"name": "VARCHAR"}]'), 1) as position
    from meetings.calcom_exported
),

exported as (
    select
        uid,
        plain_address(person.email) as address,
        arg_min(trim(person.email), position) as email,
        arg_min(said(person.name), position) as name,
        arg_min(said(person.phone), position) as phone,
        min(position) as position,
        min(observed_at) as observed_at
    from listed
    where plain_address(person.email) is not null
    group by uid, plain_address(person.email)
),

absent as (
    select distinct uid, plain_address(guest.email) as address
    from (
        select source_event_id as uid, unnest(from_json(no_show_guests, '[{"email": "VARCHAR"}]')) as guest
        from meetings.calcom_exported
        where no_show_guests is not null
    )
),

united as (
    select
        coalesce(live.uid, exported.uid) as uid,
        coalesce(live.address, exported.address) as address,
        coalesce(live.email, exported.email) as email,
        coalesce(live.name, exported.name) as name,
        coalesce(live.phone, exported.phone) as phone,
        live.time_zone,
        live.answers,
        coalesce(live.is_team_member, false) as is_team_member,
        exported.position,
        live.uid is not null as is_live,
        live.has_left,
        live.is_absent,
        live.absence_observed_at,
        live.observed_at as last_listed_at,
        exported.observed_at as exported_at
    from exported
    full join sources.calcom_attendees as live on exported.uid = live.uid and exported.address = live.address
)

select
    bookings.meeting_id,
    united.address,
    united.email,
    united.name,
    united.phone,
    united.time_zone,
    united.answers,
    united.is_team_member,
    united.position,
    case
        when not united.is_live then coalesce(bookings.listed_at > united.exported_at, false)
        else united.has_left and coalesce(united.exported_at <= greatest(united.last_listed_at, bookings.listed_at), true)
    end as has_left,
    case
        when
            counts.no_show_guests is not null
            and (united.is_absent is null or counts.no_show_observed_at > united.absence_observed_at)
            then absent.uid is not null
        else united.is_absent
    end as is_absent  -- null: no route can know
from united
inner join meetings.calcom_bookings as bookings on united.uid = bookings.source_event_id
left join meetings.calcom_exported as counts on united.uid = counts.source_event_id
left join absent on united.uid = absent.uid and united.address = absent.address
