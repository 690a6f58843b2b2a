-- One row per meeting and field on which two routes, two exports or the two tools disagree, and which of them won.
-- What the API and a webhook said at different times is no disagreement.
-- grain: meeting_id, field, other_meeting_id, other_route
with aliases as (
    select map(list(alias.alias), list(alias.host)) as hosts  -- one row, null without aliases
    from (select unnest(from_json($host_aliases, '[{"alias": "VARCHAR", "host": "VARCHAR"}]')) as alias)
),

candidates as (
    select
        calendly.meeting_id,
        calcom.meeting_id as other_meeting_id,
        calendly.host_email,
        calcom.host_email as other_host_email
    from meetings.bookings as calendly
    inner join meetings.bookings as calcom
        on calendly.address = calcom.address
        and calendly.starts_at = calcom.starts_at
        and (calendly.host_email is null or calcom.host_email is null)
    where
        calendly.platform = 'calendly'
        and calcom.platform = 'calcom'
        and calendly.role = 'invitee'
        and calcom.role = 'invitee'
        and calendly.attendee_id not in (select attendee_id from meetings.duplicates)
        and calendly.attendee_id not in (select counted_attendee_id from meetings.duplicates)
        and calcom.attendee_id not in (select attendee_id from meetings.duplicates)
        and calcom.attendee_id not in (select counted_attendee_id from meetings.duplicates)
    group by all
),

-- A booking that both an export and the API or a webhook know, as each of them has it.
calendly_pairs as (
    select
        exported.meeting_id,
        exported.invitee_key as person_key,
        live.newest_route as route,
        exported.is_cancelled_exactly,
        case when exported.is_cancelled then 'cancelled' else 'accepted' end as state,
        case when live.is_cancelled or live.is_moved_away or events.is_cancelled then 'cancelled' else 'accepted' end as live_state,
        date_trunc('minute', exported.starts_at) as starts_at,
        date_trunc('minute', events.starts_at) as live_starts_at,
        exported.host_email,
        nullif(list_filter(
            list_transform(events.hosts, lambda member: member.email), lambda email: email is not null
        ), []) as live_hosts,
        exported.is_no_show,
        live.is_no_show as live_is_no_show,
        exported.no_show_observed_at > live.no_show_observed_at as is_export_newer,
        exported.address,
        live.address as live_address,
        trim(exported.event_type_name) as event_type_name,
        events.event_type_name as live_event_type_name
    from meetings.calendly_exported as exported
    inner join sources.calendly_invitees as live
        on exported.source_event_id = live.event_id and exported.invitee_key = live.invitee_id
    inner join sources.calendly_events as events on live.event_id = events.event_id
    where live.problem is null and events.problem is null
),

calcom_pairs as (
    select
        exported.meeting_id,
        '' as person_key,
        live.newest_route as route,
        merged.state = exported.state as is_cancelled_exactly,
        exported.state,
        case when exported.is_state_certain and live.is_state_certain and (live.state <> 'rescheduled' or exported.state <> 'cancelled')
            then live.state end as live_state,
        date_trunc('minute', exported.starts_at) as starts_at,
        date_trunc('minute', live.starts_at) as live_starts_at,
        exported.host_email,
        case when live.host_email is not null then [live.host_email] end as live_hosts,
        trim(exported.event_type_name) as event_type_name,
        live.event_type_name as live_event_type_name
    from meetings.calcom_exported as exported
    inner join sources.calcom_bookings as live on exported.source_event_id = live.uid
    inner join meetings.calcom_bookings as merged on exported.source_event_id = merged.source_event_id
    where live.problem is null
),

absent as (
    select distinct uid, plain_address(guest.email) as address
    from (
        select source_event_id as uid, unnest(from_json(no_show_guests, '[{"email": "VARCHAR"}]')) as guest
        from meetings.calcom_exported
    )
),

calcom_absences as (
    select
        exported.meeting_id,
        live.address as person_key,
        live.routes[1] as route,
        absent.uid is not null as is_no_show,
        live.is_absent as live_is_no_show,
        exported.no_show_observed_at > live.absence_observed_at as is_export_newer
    from meetings.calcom_exported as exported
    inner join sources.calcom_attendees as live on exported.source_event_id = live.uid
    left join absent on live.uid = absent.uid and live.address = absent.address
    where exported.no_show_guests is not null and live.is_absent is not null
),

pairs as (
    select * from calendly_pairs
    union all by name
    select * from calcom_pairs
    union all by name
    select * from calcom_absences
),

disagreements as (
    select meeting_id, person_key, route, 'state' as field, state as value, live_state as other_value,
        is_cancelled_exactly and state <> 'accepted' as is_won_by_csv,
        case when is_cancelled_exactly and state <> 'accepted' then 'the export knows of an end that is final'
            else 'the API and webhooks know better' end as reason
    from pairs
    where state <> live_state
    union all by name
    select meeting_id, person_key, route, 'starts_at' as field, strftime(starts_at, '%Y-%m-%d %H:%M UTC') as value,
        strftime(live_starts_at, '%Y-%m-%d %H:%M UTC') as other_value, false as is_won_by_csv,
        'an export''s times carry no zone' as reason
    from pairs
    where starts_at <> live_starts_at
    union all by name
    select meeting_id, person_key, route, 'host_email' as field, host_email as value, live_hosts[1] as other_value,
        false as is_won_by_csv, 'the API and webhooks name every host' as reason
    from pairs
    cross join aliases
    where not list_contains(
        list_transform(live_hosts, lambda email: coalesce(aliases.hosts[email], email)),
        coalesce(aliases.hosts[host_email], host_email)
    )
    union all by name
    select meeting_id, person_key, route, 'is_no_show' as field, is_no_show::varchar as value,
        live_is_no_show::varchar as other_value, coalesce(is_export_newer, false) as is_won_by_csv,
        'the newer observation holds' as reason
    from pairs
    where is_no_show <> live_is_no_show
    union all by name
    select meeting_id, person_key, route, 'email' as field, address as value, live_address as other_value,
        false as is_won_by_csv, 'the API and webhooks come first' as reason
    from pairs
    where address <> live_address
    union all by name
    select meeting_id, person_key, route, 'event_type_name' as field, event_type_name as value,
        live_event_type_name as other_value, false as is_won_by_csv, 'the API and webhooks come first' as reason
    from pairs
    where event_type_name <> live_event_type_name
)

select
    meeting_id,
    other_meeting_id,
    'host_email' as field,
    'calendly' as route,  -- who has the value: a route or a tool
    'calcom' as other_route,  -- who has the other value
    coalesce(host_email, 'unknown') as value,
    coalesce(other_host_email, 'unknown') as other_value,
    null::varchar as won_by,
    'several bookings fit and a host is unknown: not taken for a duplicate' as reason
from candidates
union all by name
select
    loser.meeting_id,
    duplicates.counted_meeting_id as other_meeting_id,
    'state' as field,
    min(loser.platform) as route,
    min(winner.platform) as other_route,
    min(loser.state) as value,
    min(winner.state) as other_value,
    min(winner.platform) as won_by,
    'one meeting in both tools, in two states' as reason
from meetings.duplicates as duplicates
inner join meetings.bookings as loser on duplicates.attendee_id = loser.attendee_id
inner join meetings.bookings as winner on duplicates.counted_attendee_id = winner.attendee_id
where loser.state <> winner.state
group by loser.meeting_id, duplicates.counted_meeting_id
union all by name
select
    exported.meeting_id,
    exported.meeting_id as other_meeting_id,
    'state' as field,
    'csv' as route,
    'csv' as other_route,
    array_to_string(exported.strong_states, ', ') as value,
    exported.state as other_value,
    'csv' as won_by,
    'two exports of Cal.com disagree' as reason
from meetings.calcom_exported as exported
where len(exported.strong_states) > 1
union all by name
select
    meeting_id,
    meeting_id as other_meeting_id,
    field,
    'csv' as route,
    min(route) as other_route,
    arg_min(value, person_key) as value,
    arg_min(other_value, person_key) as other_value,
    case when arg_min(is_won_by_csv, person_key) then 'csv' else min(route) end as won_by,
    arg_min(reason, person_key) as reason
from disagreements
group by meeting_id, field
