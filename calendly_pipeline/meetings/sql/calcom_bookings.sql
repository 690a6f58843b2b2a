-- One row per Cal.com booking, merged over API, webhooks and exports by uid. What the API or a webhook tells wins; an
-- export fills what they do not carry. State: rescheduled, then cancelled and rejected, are final, whoever says so;
-- of accepted and pending the newest word holds; Insights' derived `completed` counts only where nobody knows better.
-- Left out: bookings whose host is none of the firm's, unless an export lists them.
-- grain: meeting_id
-- time zone: UTC
with live as (
    select *
    from sources.calcom_bookings
    where
        problem is null
        and (
            uid in (select source_event_id from meetings.calcom_exported)
            or (is_hosted and is_whole and uid in (select uid from sources.calcom_attendees))
        )
),

successors as (
    select from_uid as uid, min(to_uid) as to_uid, arg_min(reason, to_uid) as reason
    from (
        select rescheduled_from_uid as from_uid, uid as to_uid, coalesce(reschedule_reason, cancellation_reason) as reason
        from live
        union all by name
        select rescheduled_from_uid as from_uid, source_event_id as to_uid, null::varchar as reason
        from meetings.calcom_exported
    )
    where from_uid <> to_uid
    group by from_uid
),

united as (
    select
        coalesce(live.uid, exported.source_event_id) as source_event_id,
        coalesce(live.account, exported.account) as account,
        coalesce(live.title, exported.title) as title,
        coalesce(live.event_type_name, types.name, exported.event_type_name) as event_type_name,
        coalesce(live.event_type_id, exported.event_type_id) as event_type_id,
        coalesce(live.event_type_slug, types.slug) as event_type_slug,
        coalesce(live.starts_at, exported.starts_at) as starts_at,
        case when live.starts_at is null then exported.ends_at else live.ends_at end as ends_at,
        coalesce(live.created_at, exported.booked_at) as booked_at,
        case
            when live.state = 'rescheduled' or exported.state = 'rescheduled' then 'rescheduled'
            when successors.uid is not null and (live.state = 'cancelled' or exported.state = 'cancelled') then 'rescheduled'
            when live.state in ('cancelled', 'rejected') then live.state
            when exported.state in ('cancelled', 'rejected') then exported.state
            when
                exported.is_state_certain
                and (not live.is_state_certain or exported.state_observed_at > live.observed_at) then exported.state
            else coalesce(live.state, exported.state, 'accepted')
        end as state,
        coalesce(live.is_state_certain, false) or coalesce(exported.is_state_certain, false) as is_state_certain,
        coalesce(live.host_email, exported.host_email) as host_email,
        coalesce(live.host_name, exported.host_name) as host_name,
        coalesce(live.location_type, location_kind(exported.location)) as location_type,
        case when live.location_type is null then without_secrets(exported.location) else live.location end as location,
        case
            when exported.host_absence_observed_at > live.listed_at then exported.is_host_absent
            else coalesce(live.is_host_absent, exported.is_host_absent)
        end as is_host_absent,
        live.cancelled_at,
        live.cancelled_by_email,
        live.cancellation_reason,
        successors.reason as successor_reason,
        coalesce(live.answers, exported.answers) as answers,
        live.booker_address,
        live.guests,
        coalesce(live.is_paid, exported.is_paid) as is_paid,
        coalesce(live.rescheduled_from_uid, exported.rescheduled_from_uid) as rescheduled_from_uid,
        coalesce(live.rescheduled_to_uid, exported.rescheduled_to_uid, successors.to_uid) as rescheduled_to_uid,
        case when exported.rescheduled_from_uid is not null then true else live.is_moved_here end as is_moved_here,  -- null: no route can say
        live.listed_at,
        live.updated_at,
        live.last_seen_at,
        list_sort(list_concat(
            case when exported.meeting_id is null then [] else ['csv'] end, coalesce(live.routes, [])
        )) as routes
    from meetings.calcom_exported as exported
    full join live on exported.source_event_id = live.uid
    left join sources.calcom_event_types as types
        on live.account = types.account and live.event_type_id = types.event_type_id
    left join successors on coalesce(live.uid, exported.source_event_id) = successors.uid
)

select
    'calcom:' || source_event_id as meeting_id,
    * exclude (cancellation_reason, successor_reason, cancelled_at, cancelled_by_email),
    case when state in ('cancelled', 'rescheduled') then cancelled_at end as cancelled_at,
    case when state = 'cancelled' then cancelled_by_email end as cancelled_by_email,
    case state
        when 'rescheduled' then coalesce(successor_reason, cancellation_reason)
        when 'cancelled' then cancellation_reason
    end as cancellation_reason  -- of a move: Cal.com writes it on the new booking
from united
where starts_at is not null
