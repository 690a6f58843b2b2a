-- One row per booking as the inviter sees it; a moved booking is two rows, joined by their chain.
-- Status is the first that fits: rejected; rescheduled (nobody active, somebody moved); cancelled (nobody active);
-- pending; confirmed (not over); no_show (over, and every active invitee or the host was absent); completed.
-- grain: meeting_id
-- time zone: UTC
-- source of truth: the booking tools, newest file first
with people as (
    select
        bookings.*,
        moves.to_meeting_id,
        moves.attendee_id is not null or coalesce(bookings.is_moved_away, false) as is_moved,
        moves.evidence as to_evidence,
        came.meeting_id as from_meeting_id,
        came.evidence as from_evidence,
        duplicates.counted_meeting_id,
        coalesce(other.is_no_show, bookings.is_no_show) as was_absent,
        other.booked_at as other_booked_at
    from meetings.bookings as bookings
    left join meetings.moves as moves on bookings.attendee_id = moves.attendee_id
    left join meetings.moves as came on bookings.attendee_id = came.to_attendee_id
    left join meetings.duplicates as duplicates on bookings.attendee_id = duplicates.attendee_id
    left join (
        select
            pair.counted_attendee_id,
            nullif(bool_or(loser.is_no_show), false) as is_no_show,
            min(loser.booked_at) as booked_at
        from meetings.duplicates as pair
        inner join meetings.bookings as loser on pair.attendee_id = loser.attendee_id
        group by pair.counted_attendee_id
    ) as other on bookings.attendee_id = other.counted_attendee_id
),

grouped as (
    select
        meeting_id,
        min(platform) as platform,
        min(account) as account,
        min(source_event_id) as source_event_id,
        min(event_type_name) as event_type_name,
        min(event_type_slug) as event_type_slug,
        min(event_type_id) as event_type_id,
        min(title) as title,
        min(starts_at) as starts_at,
        min(ends_at) as ends_at,
        min(host_email) as host_email,
        min(host_name) as host_name,
        min(location_type) as location_type,
        min(location) as location,
        least(min(booked_at), min(other_booked_at)) as booked_at,
        max(cancelled_at) as cancelled_at,
        case count(distinct cancelled_by) when 0 then null when 1 then min(cancelled_by) else 'unknown' end as cancelled_by,
        min(cancellation_reason) as cancellation_reason,
        list_sort(list_distinct(flatten(list(routes)))) as routes,
        list_sort(list(distinct address) filter (where role = 'co_host')) as co_hosts,
        max(state) filter (where state in ('rejected', 'pending')) as open_state,
        bool_and(is_state_certain) as is_state_certain,
        bool_or(is_host_absent) as is_host_absent,
        coalesce(bool_or(is_active) filter (where role = 'invitee'), false) as has_active_invitee,
        coalesce(bool_or(is_moved) filter (where role = 'invitee'), false) as has_moved_invitee,
        bool_and(coalesce(was_absent, false)) filter (where role = 'invitee' and is_active) as are_all_absent,
        count(*) filter (where role = 'invitee') as invitees_count,
        count(distinct to_meeting_id) filter (where role = 'invitee') as targets_count,
        min(to_meeting_id) filter (where role = 'invitee') as to_meeting_id,
        bool_and(from_meeting_id is not null) filter (where role = 'invitee') as came_all,
        count(distinct from_meeting_id) filter (where role = 'invitee') as origins_count,
        min(from_meeting_id) filter (where role = 'invitee') as from_meeting_id,
        min(coalesce(to_evidence, from_evidence)) filter (where role = 'invitee') as evidence,
        bool_and(counted_meeting_id is not null) filter (where role = 'invitee') as are_all_duplicates,
        count(distinct counted_meeting_id) filter (where role = 'invitee') as counted_count,
        min(counted_meeting_id) filter (where role = 'invitee') as counted_meeting_id
    from people
    group by meeting_id
),

settled as (
    select
        grouped.*,
        case
            when open_state = 'rejected' then 'rejected'
            when not has_active_invitee and has_moved_invitee then 'rescheduled'
            when not has_active_invitee then 'cancelled'
            when open_state = 'pending' then 'pending'
            when ends_at > $as_of then 'confirmed'
            when are_all_absent or is_host_absent then 'no_show'
            else 'completed'
        end as status,
        not has_active_invitee and has_moved_invitee as is_rescheduled,
        case when came_all and origins_count = 1 then from_meeting_id end as rescheduled_from_id
    from grouped
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
    settled.routes,  -- by which routes the booking is known
    settled.event_type_name,
    settled.event_type_slug,
    settled.event_type_id,
    settled.title,
    settled.status,  -- confirmed | completed | no_show | cancelled | rescheduled | pending | rejected
    settled.starts_at,  -- UTC
    settled.ends_at,  -- UTC
    date_diff('minute', settled.starts_at, settled.ends_at)::integer as duration_minutes,
    settled.host_email,  -- after hosts.aliases
    settled.host_name,
    list_concat(case when settled.host_email is null then [] else [settled.host_email] end, coalesce(settled.co_hosts, []))
        as hosts,
    settled.location_type,
    settled.location,
    settled.booked_at,  -- the earliest, also of a duplicate in the other tool
    settled.cancelled_at,  -- null where only an export knows the cancellation
    case when settled.status = 'cancelled' then settled.cancelled_by end as cancelled_by,  -- host | invitee | unknown
    case when settled.status in ('cancelled', 'rescheduled') then settled.cancellation_reason end as cancellation_reason,
    settled.is_rescheduled,  -- this row was moved away
    settled.rescheduled_from_id,
    case when settled.is_rescheduled and settled.targets_count = 1 then settled.to_meeting_id end as rescheduled_to_id,
    case when settled.rescheduled_from_id is null then settled.meeting_id else meeting_chains.chain_id end as chain_id,
    case when settled.rescheduled_from_id is null then 0 else meeting_chains.reschedule_count end::integer
        as reschedule_count,  -- moves before this row
    case when settled.is_rescheduled or settled.rescheduled_from_id is not null then settled.evidence end
        as reschedule_evidence,  -- linked | inferred
    case when settled.are_all_duplicates and settled.counted_count = 1 then settled.counted_meeting_id end
        as duplicate_of,  -- the row that counts; null when this row counts
    settled.is_host_absent,
    settled.is_state_certain or settled.ends_at > $as_of as is_status_certain,  -- false: known only from an Insights file
    settled.invitees_count::integer as invitees_count,
    null::timestamptz as updated_at,  -- exports do not hold it
    $as_of::timestamptz as as_of
from settled
left join meeting_chains on settled.meeting_id = meeting_chains.meeting_id
