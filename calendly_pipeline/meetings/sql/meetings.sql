-- One row per booking as the inviter sees it; a moved booking is two rows, joined by their chain.
-- Status is the first that fits: rejected; rescheduled (nobody active, somebody moved); cancelled (nobody active);
-- pending; confirmed (not over); no_show (over, and every active invitee or the host was absent); completed.
-- grain: meeting_id
-- time zone: UTC
-- source of truth: the booking tools; API and webhooks before exports, newest first
with absences as (
    select
        pair.counted_attendee_id as attendee_id,
        bool_or(loser.is_no_show) as is_no_show,
        min(loser.booked_at) as booked_at
    from meetings.duplicates as pair
    inner join meetings.bookings as loser on pair.attendee_id = loser.attendee_id
    group by pair.counted_attendee_id
),

people as (
    select
        bookings.meeting_id,
        bookings.attendee_id,
        bookings.role,
        bookings.role = 'invitee' as is_invitee,
        bookings.is_active,
        bookings.address,
        bookings.cancelled_by,
        bookings.state,
        bookings.is_state_certain,
        bookings.is_host_absent,
        bookings.cancelled_at,
        bookings.routes,
        bookings.updated_at,
        bookings.last_seen_at,
        least(bookings.booked_at, absences.booked_at) as booked_at,
        coalesce(absences.is_no_show, false) or coalesce(bookings.is_no_show, false) as was_absent,
        moves.attendee_id is not null or coalesce(bookings.is_moved_away, false) as is_moved,
        moves.to_meeting_id,
        came.meeting_id as from_meeting_id,
        coalesce(moves.evidence, came.evidence) as evidence,
        duplicates.counted_meeting_id
    from meetings.bookings as bookings
    left join meetings.moves as moves on bookings.attendee_id = moves.attendee_id
    left join meetings.moves as came on bookings.attendee_id = came.to_attendee_id
    left join meetings.duplicates as duplicates on bookings.attendee_id = duplicates.attendee_id
    left join absences on bookings.attendee_id = absences.attendee_id
),

-- One invitee's row stands for what all rows of a meeting share.
grouped as (
    select
        meeting_id,
        min(attendee_id) filter (where is_invitee) as shared_attendee_id,
        min(booked_at) as booked_at,
        max(cancelled_at) as cancelled_at,
        max(updated_at) as updated_at,
        max(last_seen_at) as last_seen_at,
        routes_of(
            bool_or(list_contains(routes, 'api')),
            bool_or(list_contains(routes, 'csv')),
            bool_or(list_contains(routes, 'webhook'))
        ) as routes,
        min(cancelled_by) as first_cancelled_by,
        max(cancelled_by) as last_cancelled_by,
        max(state) filter (where state in ('rejected', 'pending')) as open_state,
        bool_and(is_state_certain) as is_state_certain,
        bool_or(is_host_absent) as is_host_absent,
        coalesce(bool_or(is_active) filter (where is_invitee), false) as has_active_invitee,
        coalesce(bool_or(is_moved) filter (where is_invitee), false) as has_moved_invitee,
        bool_and(was_absent) filter (where is_invitee and is_active) as are_all_absent,
        count(*) filter (where is_invitee) as invitees_count,
        min(to_meeting_id) filter (where is_invitee) as to_meeting_id,
        max(to_meeting_id) filter (where is_invitee) as last_to_meeting_id,
        bool_and(from_meeting_id is not null) filter (where is_invitee) as came_all,
        min(from_meeting_id) filter (where is_invitee) as from_meeting_id,
        max(from_meeting_id) filter (where is_invitee) as last_from_meeting_id,
        min(evidence) filter (where is_invitee) as evidence,
        bool_and(counted_meeting_id is not null) filter (where is_invitee) as are_all_duplicates,
        min(counted_meeting_id) filter (where is_invitee) as counted_meeting_id,
        max(counted_meeting_id) filter (where is_invitee) as last_counted_meeting_id
    from people
    group by meeting_id
),

co_hosts as (
    select meeting_id, list_sort(list(distinct address)) as addresses
    from people
    where role = 'co_host'
    group by meeting_id
),

settled as (
    select
        grouped.*,
        shared.* exclude (
            meeting_id, booked_at, cancelled_at, cancelled_by, is_state_certain, is_host_absent, routes, updated_at,
            last_seen_at
        ),
        case
            when grouped.open_state = 'rejected' then 'rejected'
            when not has_active_invitee and has_moved_invitee then 'rescheduled'
            when not has_active_invitee then 'cancelled'
            when open_state = 'pending' then 'pending'
            when shared.ends_at > $as_of then 'confirmed'
            when grouped.are_all_absent or grouped.is_host_absent then 'no_show'
            else 'completed'
        end as status,
        not has_active_invitee and has_moved_invitee as is_rescheduled,
        case when came_all and from_meeting_id = last_from_meeting_id then from_meeting_id end as rescheduled_from_id
    from grouped
    inner join meetings.bookings as shared on grouped.shared_attendee_id = shared.attendee_id
),

meeting_chains as (
    select
        bookings.meeting_id,
        min(chains.chain_id) as chain_id,
        max(chains.reschedule_count) as reschedule_count
    from meetings.attendee_chains as chains
    inner join meetings.bookings as bookings on chains.attendee_id = bookings.attendee_id
    where bookings.role = 'invitee'
    group by bookings.meeting_id
)

select
    settled.meeting_id,  -- stable over re-runs and routes
    settled.platform,  -- calendly | calcom
    settled.account,
    settled.source_event_id,  -- the vendor's uuid or uid; null for an export without one
    settled.routes,  -- by which routes the booking is known: api, csv, webhook
    settled.event_type_name,
    settled.event_type_slug,
    settled.event_type_id,
    settled.title,
    settled.status,  -- confirmed | completed | no_show | cancelled | rescheduled | pending | rejected
    settled.starts_at,  -- UTC
    settled.ends_at,  -- UTC
    try_cast(date_diff('minute', settled.starts_at, settled.ends_at) as integer) as duration_minutes,
    settled.host_email,  -- after hosts.aliases
    settled.host_name,
    list_concat(case when settled.host_email is null then [] else [settled.host_email] end, coalesce(co_hosts.addresses, []))
        as hosts,
    settled.location_type,
    settled.location,
    settled.booked_at,  -- the earliest, also of a duplicate in the other tool
    case when settled.status in ('cancelled', 'rescheduled') then settled.cancelled_at end as cancelled_at,  -- null where only an export knows
    case
        when settled.status <> 'cancelled' then null
        when settled.first_cancelled_by = settled.last_cancelled_by then settled.first_cancelled_by
        else 'unknown'
    end as cancelled_by,  -- host | invitee | unknown
    case when settled.status in ('cancelled', 'rescheduled') then settled.cancellation_reason end as cancellation_reason,
    settled.is_rescheduled,  -- this row was moved away
    settled.rescheduled_from_id,
    case when settled.is_rescheduled and settled.to_meeting_id = settled.last_to_meeting_id
        then settled.to_meeting_id end as rescheduled_to_id,
    case when settled.rescheduled_from_id is null then settled.meeting_id else meeting_chains.chain_id end as chain_id,
    case when settled.rescheduled_from_id is null then 0 else meeting_chains.reschedule_count end::integer
        as reschedule_count,  -- moves before this row
    case when settled.is_rescheduled or settled.rescheduled_from_id is not null then settled.evidence end
        as reschedule_evidence,  -- linked | inferred
    case when settled.are_all_duplicates and settled.counted_meeting_id = settled.last_counted_meeting_id
        then settled.counted_meeting_id end
        as duplicate_of,  -- the row that counts; null when this row counts
    settled.is_host_absent,
    settled.is_state_certain or settled.ends_at > $as_of as is_status_certain,  -- false: known only from an Insights file
    settled.invitees_count::integer as invitees_count,
    settled.updated_at,  -- the vendor's time of the last change; exports do not hold it
    settled.last_seen_at,  -- when the API last returned it; null while it does, or where it never did
    $as_of::timestamptz as as_of
from settled
left join meeting_chains on settled.meeting_id = meeting_chains.meeting_id
left join co_hosts on settled.meeting_id = co_hosts.meeting_id
