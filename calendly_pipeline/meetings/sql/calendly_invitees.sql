-- One row per Calendly booking and invitee, merged over API, webhooks and exports by UUID. What the API or a webhook
-- tells wins; an export fills what they do not carry. Cancelled by any of them is cancelled: an invitee is never
-- un-cancelled. A no-show mark follows the newest observation. An invitee that another one names as the one it was
-- moved from has moved, whichever of the two was told first.
-- grain: meeting_id, invitee_key
-- time zone: UTC
with live as (
    select *
    from sources.calendly_invitees
    where problem is null and event_id in (select event_id from sources.calendly_events where problem is null)
),

successors as (
    select
        old_invitee_id as invitee_id,
        min(invitee_id) as new_invitee_id,
        arg_min(event_id, invitee_id) as new_event_id
    from live
    where old_invitee_id <> invitee_id
    group by old_invitee_id
),

united as (
    select
        coalesce(exported.meeting_id, 'calendly:' || live.event_id) as meeting_id,
        coalesce(live.invitee_id, exported.invitee_key) as invitee_key,
        coalesce(live.event_id, exported.source_event_id) as source_event_id,
        coalesce(events.account, live.account, exported.account) as account,
        coalesce(live.email, exported.email) as email,
        coalesce(live.address, exported.address) as address,
        coalesce(live.name, exported.name) as name,
        case when live.name is null then exported.first_name else live.first_name end as first_name,
        case when live.name is null then exported.last_name else live.last_name end as last_name,
        live.time_zone,
        exported.time_zone_label,
        coalesce(live.phone, exported.phone) as phone,
        coalesce(events.event_type_name, exported.event_type_name) as event_type_name,
        events.event_type_id,
        types.slug as event_type_slug,
        coalesce(events.starts_at, exported.starts_at) as starts_at,
        case when events.event_id is null then exported.ends_at else events.ends_at end as ends_at,
        coalesce(live.created_at, exported.booked_at) as booked_at,
        coalesce(events.location_type, location_kind(exported.location)) as location_type,
        case when events.location_type is null then without_secrets(exported.location) else events.location end as location,
        coalesce(events.hosts[1].email, host.email, exported.host_email) as host_email,
        coalesce(events.hosts[1].name, host.name, exported.host_name) as host_name,
        nullif(events.hosts[2:], []) as co_hosts,
        coalesce(events.guests, regexp_split_to_array(exported.guest_emails, '[\s,;]+')) as guests,
        coalesce(live.is_cancelled or live.is_moved_away, false)
        or coalesce(events.is_cancelled, false)
        or successors.invitee_id is not null as is_cancelled_live,
        coalesce(case when live.invitee_id is null then exported.is_cancelled else exported.is_cancelled_exactly end, false)
            as is_cancelled_exported,
        case
            when live.is_moved_away or successors.invitee_id is not null then true
            when live.is_cancelled or (live.invitee_id is not null and events.is_cancelled) then false
        end as is_moved_away,  -- null: nobody can say
        live.is_moved_here,
        live.invitee_id is not null as is_live,
        live.old_event_id,
        live.old_invitee_id,
        coalesce(live.new_event_id, successors.new_event_id) as new_event_id,
        coalesce(live.new_invitee_id, successors.new_invitee_id) as new_invitee_id,
        coalesce(live.cancelled_at, events.cancelled_at) as cancelled_at,
        coalesce(live.canceler_type, events.canceler_type) as canceler_type,
        coalesce(live.cancelled_by_name, events.cancelled_by_name, exported.cancelled_by_name) as cancelled_by_name,
        coalesce(live.cancellation_reason, events.cancellation_reason, exported.cancellation_reason) as cancellation_reason,
        case
            when exported.no_show_observed_at > live.no_show_observed_at then exported.is_no_show
            else coalesce(live.is_no_show, exported.is_no_show)
        end as is_no_show,
        coalesce(live.salesforce_uuid, exported.salesforce_uuid) as salesforce_uuid,
        coalesce(live.utm, exported.utm) as utm,
        coalesce(live.answers, exported.answers) as answers,
        live.is_paid,
        live.scheduling_method,
        greatest(live.updated_at, events.updated_at) as updated_at,
        events.last_seen_at,
        list_sort(list_distinct(list_concat(
            case when exported.meeting_id is null then [] else ['csv'] end,
            coalesce(live.routes, []),
            coalesce(events.routes, [])
        ))) as routes
    from meetings.calendly_exported as exported
    full join live on exported.source_event_id = live.event_id and exported.invitee_key = live.invitee_id
    left join sources.calendly_events as events
        on coalesce(live.event_id, exported.source_event_id) = events.event_id and events.problem is null
    left join sources.calendly_event_types as types on events.event_type_id = types.event_type_id
    left join sources.calendly_users as host on events.hosts[1].user_id = host.user_id
    left join successors on coalesce(live.invitee_id, exported.invitee_key) = successors.invitee_id
)

select
    meeting_id,  -- calendly: and the event's UUID, or a key of account, address, start and event type
    invitee_key,  -- the invitee's UUID, or a key of the address
    source_event_id,
    account,
    email,
    address,
    name,
    first_name,
    last_name,
    time_zone,  -- IANA, by API or webhook
    time_zone_label,  -- as exports name it
    phone,
    event_type_name,
    event_type_id,
    event_type_slug,
    starts_at,
    ends_at,
    booked_at,
    location_type,
    location,  -- without the query of a link, which may hold a password
    host_email,
    host_name,
    co_hosts,
    guests,  -- addresses as given
    is_cancelled_live or is_cancelled_exported as is_cancelled,
    case
        when is_moved_away then true
        when is_cancelled_live then is_moved_away
        when is_live and not is_cancelled_exported then false
    end as is_moved_away,  -- null: no route that knows of the cancellation can say
    is_moved_here,  -- null: no route can say
    'calendly:' || old_event_id || '/' || old_invitee_id as linked_from_attendee_id,
    'calendly:' || new_event_id || '/' || new_invitee_id as linked_to_attendee_id,
    case when is_cancelled_live or is_cancelled_exported then cancelled_at end as cancelled_at,  -- an export does not hold it
    case
        when not (is_cancelled_live or is_cancelled_exported) then null
        when canceler_type in ('host', 'invitee') then canceler_type
        when lower(cancelled_by_name) = lower(host_name) then 'host'
        when lower(cancelled_by_name) in (lower(name), address) then 'invitee'
        else 'unknown'
    end as cancelled_by,  -- host | invitee | unknown
    case when is_cancelled_live or is_cancelled_exported then cancellation_reason end as cancellation_reason,
    is_no_show,  -- null: no route that holds the row can know
    salesforce_uuid,
    utm,
    answers,
    is_paid,  -- null: no payment is known
    scheduling_method,
    updated_at,
    last_seen_at,
    routes
from united
