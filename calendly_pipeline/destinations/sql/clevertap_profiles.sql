-- One row per person whose profile CleverTap should hold: everybody an event goes to. What says which messages somebody
-- agreed to is not among the fields.
-- grain: identity
with mapped as (
    select unnest(map_entries(from_json($clevertap::json -> 'profile', '"MAP(VARCHAR, VARCHAR)"'))) as mapping
    where $clevertap is not null
),

-- What somebody last booked says who it is; a host is known by the bookings alone.
people as (
    select
        events.identity,
        max(events.subject) as subject,
        max(events.occurred_at) as happened_at
    from destinations.clevertap_events as events
    where events.identity is not null and exists (from mapped)
    group by events.identity
),

invited as (
    select
        address as identity,
        arg_max({'name': name, 'first_name': first_name, 'last_name': last_name}, (booked_at, meeting_id))
            filter (where name is not null) as called,
        arg_max(phone, (booked_at, meeting_id)) filter (where phone is not null) as phone,
        arg_max(company, (booked_at, meeting_id)) filter (where company is not null) as company,
        arg_max(time_zone, (booked_at, meeting_id)) filter (where time_zone is not null) as time_zone,
        arg_max(contact_id, (booked_at, meeting_id)) filter (where contact_id is not null) as contact_id,
        arg_max({
            'event_type': coalesce(event_type_name, title),
            'status': case
                when status <> 'active' then status
                when is_no_show and ends_at <= $as_of then 'no_show'
                when is_held then 'completed'
                else 'booked'
            end
        }, (booked_at, meeting_id)) as newest
    from destinations.clevertap_bookings
    where address is not null
    group by address
),

hosts as (
    select host_address as identity, arg_max(host_name, (starts_at, meeting_id)) as name
    from destinations.clevertap_bookings
    where host_address is not null
    group by host_address
),

known as (
    select
        people.identity,
        people.happened_at,
        case when people.subject = 'invitee' then invited.contact_id end as contact_id,
        coalesce(case when people.subject = 'invitee' then invited.called.name end, hosts.name) as name,
        case when people.subject = 'invitee' then invited end as invited,
        metrics
    from people
    left join invited on people.identity = invited.identity
    left join hosts on people.identity = hosts.identity
    left join metrics.contact_metrics as metrics
        on people.subject = 'invitee' and invited.contact_id = metrics.contact_id
),

told as (
    select
        identity,
        unnest([
            'name', 'email', 'first_name', 'last_name', 'phone', 'company', 'time_zone', 'booking_status',
            'last_event_type', 'first_meeting_on', 'last_meeting_on', 'next_meeting_on', 'meetings_this_quarter_count',
            'meetings_12m_count', 'last_portfolio_review_on', 'next_portfolio_review_on', 'review_due_on',
            'review_status', 'no_show_12m_count', 'cancellation_12m_count', 'reschedule_12m_count',
            'is_reschedule_escalation', 'last_meeting_type', 'last_host_name', 'meeting_data_through_on'
        ]) as source,
        unnest([
            to_json(cut_to_bytes(name, 512)),
            to_json(case when regexp_full_match(identity, '[^@\s]+@[^@\s]+\.[^@\s]+') then identity end),
            to_json(cut_to_bytes(invited.called.first_name, 512)), to_json(cut_to_bytes(invited.called.last_name, 512)),
            to_json(invited.phone), to_json(cut_to_bytes(invited.company, 512)), to_json(invited.time_zone),
            to_json(invited.newest.status), to_json(cut_to_bytes(invited.newest.event_type, 512)),
            to_json(metrics.first_meeting_on), to_json(metrics.last_meeting_on), to_json(metrics.next_meeting_on),
            to_json(metrics.meetings_this_quarter_count), to_json(metrics.meetings_12m_count),
            to_json(metrics.last_portfolio_review_on), to_json(metrics.next_portfolio_review_on),
            to_json(metrics.review_due_on), to_json(metrics.review_status), to_json(metrics.no_show_12m_count),
            to_json(metrics.cancellation_12m_count), to_json(metrics.reschedule_12m_count),
            to_json(metrics.is_reschedule_escalation), to_json(metrics.last_meeting_type),
            to_json(cut_to_bytes(metrics.last_host_name, 512)), to_json(metrics.meeting_data_through_on)
        ]) as value
    from known
),

fields as (
    select
        told.identity,
        to_json(map(
            list(mapped.mapping.value order by mapped.mapping.value), list(told.value order by mapped.mapping.value)
        )) as fields
    from told
    inner join mapped on told.source = mapped.mapping.key
    group by told.identity
)

select
    known.identity,  -- lower-cased e-mail address
    known.contact_id,
    coalesce(known.name, known.identity) as label,
    known.happened_at,  -- newest event
    fields.fields  -- profile key -> value; null: blank
from known
inner join fields on known.identity = fields.identity
