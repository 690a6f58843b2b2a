-- One row per Calendly booking and invitee, merged over API, webhooks and exports by UUID. What the API or a webhook
-- tells wins; an export fills what they do not carry. Cancelled by any of them is cancelled: an invitee is never
-- un-cancelled. A no-show mark follows the newest observation. An invitee that another one names as the one it was
-- moved from is moved, whichever of the two was told first.
-- grain: meeting_id, invitee_key
-- time zone: UTC
with events as (
    select * from sources.calendly_events where problem is null
),

live as (
    select invitees.*
    from sources.calendly_invitees as invitees
    where invitees.problem is null and invitees.event_id in (select event_id from events)
),

successors as (
    select
        old_invitee_id as invitee_id,
        min(invitee_id) as new_invitee_id,
        arg_min(event_id, invitee_id) as new_event_id
    from live
    where old_invitee_id is not null and old_invitee_id <> invitee_id
    group by old_invitee_id
),

united as (
    select
        coalesce(exported.meeting_id, 'calendly:' || live.event_id) as meeting_id,
        coalesce(live.invitee_id, exported.invitee_key) as invitee_key,
        coalesce(live.event_id, exported.source_event_id) as source_event_id,
        exported,
        live,
        exported.meeting_id is not null as is_by_csv
    from meetings.calendly_exported as exported
    full join live on exported.source_event_id = live.event_id and exported.invitee_key = live.invitee_id
),

joined as (
    select
        united.*,
        events,
        types.slug as event_type_slug,
        host as host_user,
        successors,
        coalesce(united.live.is_cancelled, false)
        or coalesce(events.is_cancelled, false)
        or coalesce(united.live.is_moved_away, false)
        or successors.invitee_id is not null as is_live_cancelled
    from united
    left join events on united.source_event_id = events.event_id
    left join sources.calendly_event_types as types on events.event_type_id = types.event_type_id
    left join sources.calendly_users as host on events.hosts[1].user_id = host.user_id
    left join successors on united.invitee_key = successors.invitee_id
)
select 1
