-- One row per event that CleverTap should hold. It acts once: whatever changes later, it is not sent again. An event that
-- happened over two hours ago, or is no longer true, says `is_backfill`, so that campaigns can leave it out; CleverTap
-- itself lets no event older than two hours trigger one.
-- grain: record_key
-- time zone: UTC; `starts_on` the firm's
with asked_answers as (
    select unnest(map_entries(from_json($clevertap::json -> 'answers', '"MAP(VARCHAR, VARCHAR)"'))) as asked
    where $clevertap is not null
),

said_answers as (
    select meeting_id, person_key, unnest(map_entries(answers)) as said
    from destinations.clevertap_bookings
    where answers is not null and exists (from asked_answers)
),

answers as (
    select
        said_answers.meeting_id,
        said_answers.person_key,
        to_json(map(
            list(asked_answers.asked.value order by asked_answers.asked.value),
            list(cut_to_bytes(said_answers.said.value, 512) order by asked_answers.asked.value)
        )) as properties
    from said_answers
    inner join asked_answers on lower(trim(said_answers.said.key)) = lower(trim(asked_answers.asked.key))
    group by said_answers.meeting_id, said_answers.person_key
)

select
    acts.record_key,
    acts.subject,
    acts.transition,
    bookings.meeting_id,
    bookings.contact_id,
    case when acts.subject = 'host' then bookings.host_address else bookings.address end as identity,
    names.event_name,
    acts.occurred_at,
    concat(coalesce(bookings.name, bookings.address), ', ', coalesce(names.event_name, acts.transition), ', ',
        strftime(timezone($firm_time_zone, bookings.starts_at), '%d %b %Y')) as label,
    json_merge_patch(
        coalesce(answers.properties, '{}'),
        json_object(
            -- An attempt of unknown outcome is found again by it.
            'record', acts.record_key,
            'transition', acts.transition,
            'event_type', cut_to_bytes(coalesce(bookings.event_type_name, bookings.title), 512),
            'meeting_type', bookings.meeting_type,
            'starts_at', strftime(bookings.starts_at, '%Y-%m-%dT%H:%M:%SZ'),
            'ends_at', strftime(bookings.ends_at, '%Y-%m-%dT%H:%M:%SZ'),
            'starts_on', day_in(bookings.starts_at, $firm_time_zone)::varchar,
            'duration_minutes', bookings.duration_minutes,
            'host_name', cut_to_bytes(bookings.host_name, 512),
            'host_email', bookings.host_address,
            'invitee_name', cut_to_bytes(bookings.name, 512),
            'invitee_email', bookings.address,
            'location_type', bookings.location_type,
            'location', cut_to_bytes(bookings.location, 512),
            'meeting_url', case
                when bookings.location like 'http%' and strlen(bookings.location) <= 512 then bookings.location
            end,
            'platform', bookings.platform,
            'reschedule_count', bookings.reschedule_count,
            'previous_starts_at', case
                when acts.transition = 'rescheduled' then strftime(bookings.previous_starts_at, '%Y-%m-%dT%H:%M:%SZ')
            end,
            'cancelled_by', case when acts.transition = 'cancelled' then bookings.cancelled_by end,
            'cancellation_reason', case
                when acts.transition = 'cancelled' then cut_to_bytes(bookings.cancellation_reason, 512)
            end,
            'is_backfill', (
                not acts.is_moment_known
                or acts.is_overtaken
                or acts.occurred_at < $as_of::timestamptz - interval 2 hour
            )
        )
    ) as properties,  -- a null is left out
    case
        when acts.subject = 'host' and bookings.host_address is null then 'the booking names no host'
        when acts.subject = 'invitee' and bookings.address is null then 'the booking holds no address'
        when names.event_name is null then coalesce(
            names.mistake, 'its event has no name yet; refresh `destinations/clevertap_event_names`'
        )
    end as blocked_reason
from destinations.clevertap_acts as acts
inner join destinations.clevertap_bookings as bookings
    on acts.meeting_id = bookings.meeting_id and acts.person_key = bookings.person_key
left join answers on acts.meeting_id = answers.meeting_id and acts.person_key = answers.person_key
left join destinations.clevertap_event_names as names
    on bookings.event_type_name is not distinct from names.event_type_name
    and bookings.event_type_slug is not distinct from names.event_type_slug
    and bookings.meeting_type = names.meeting_type
    and acts.transition = names.transition
