-- One row per Cal.com booking, out of API answers and webhooks, whose bodies differ: both are brought into one shape.
-- Of every field the newest version that has it wins, by the time of the change, then by the time somebody saw it so.
-- Rescheduled, then cancelled and rejected, are final; accepted and pending follow the newest word.
-- MEETING_STARTED and MEETING_ENDED carry the row as it was when the job was planned, so they count as old as that row
-- (Cal.com's source). A delivery that only marks absences or names the booking somebody moved away from is kept too;
-- until a route lists that booking, it has no start (`is_whole`).
-- Cancelling one seat names the whole booking, without saying who cancelled (Cal.com's source): the seat is taken off
-- in `sources.calcom_attendees`, the booking stands.
-- Bookings that the token's user merely attends are listed by the API as well: they are not `is_hosted`.
-- grain: uid
-- time zone: UTC
-- source of truth: Cal.com, the newest change
with accounts as (
    select account.account, account.hosts
    from (
        select unnest(from_json($accounts, '[{"platform": "VARCHAR", "account": "VARCHAR", "hosts": ["VARCHAR"]}]')) as account
    )
    where account.platform = 'calcom'
),

aliases as (
    select unnest([alias.alias, alias.host]) as address
    from (select unnest(from_json($host_aliases, '[{"alias": "VARCHAR", "host": "VARCHAR"}]')) as alias)
),

staff_domains as (
    select unnest(from_json($internal_domains, '["VARCHAR"]')) as domain
),

known_hosts as (
    select account, unnest(hosts) as address from accounts
    union
    select account, plain_address(account_address) as address
    from sources.pulls
    where platform = 'calcom' and plain_address(account_address) is not null
),

deliveries as (
    select
        account,
        kind,
        coalesce(occurred_at, received_at) as observed_at,
        case when json_type(body, '$.payload') = 'OBJECT' then body -> '$.payload' else body end as body
    from sources.webhook_deliveries
    where platform = 'calcom' and is_booking_delivery(kind)
),

seen as (
    select record_id as uid, account, 'answer' as kind, observed_at, updated_at as stamped_at, body
    from sources.api_records
    where platform = 'calcom' and kind = 'booking'
    union all by name
    select coalesce(said(body ->> '$.uid'), said(body ->> '$.bookingUid')) as uid, account, kind, observed_at, body
    from deliveries
    union all by name
    select said(body ->> '$.rescheduleUid') as uid, account, 'moved away' as kind, observed_at, body
    from deliveries
    where kind not in ('MEETING_STARTED', 'MEETING_ENDED')
),

read as (
    select
        *,
        kind = 'answer' as is_answer,
        kind not in ('BOOKING_NO_SHOW_UPDATED', 'moved away') as is_whole,
        kind in ('MEETING_STARTED', 'MEETING_ENDED') as is_planned_row,
        from_json(body, '{
            "uid": "VARCHAR", "recurringBookingUid": "VARCHAR", "recurringEventId": "VARCHAR", "title": "VARCHAR",
            "type": "VARCHAR", "eventTitle": "VARCHAR", "eventTypeId": "VARCHAR",
            "eventType": {"id": "VARCHAR", "slug": "VARCHAR"}, "status": "VARCHAR",
            "start": "VARCHAR", "end": "VARCHAR", "startTime": "VARCHAR", "endTime": "VARCHAR",
            "hosts": [{"name": "VARCHAR", "email": "VARCHAR", "displayEmail": "VARCHAR"}],
            "organizer": {"name": "VARCHAR", "email": "VARCHAR"}, "userPrimaryEmail": "VARCHAR",
            "cancellationReason": "VARCHAR", "cancelledByEmail": "VARCHAR", "cancelledBy": "VARCHAR",
            "requestReschedule": "BOOLEAN", "seatsPerTimeSlot": "VARCHAR",
            "rescheduledFromUid": "VARCHAR", "rescheduledToUid": "VARCHAR", "rescheduledByEmail": "VARCHAR",
            "rescheduleUid": "VARCHAR", "fromReschedule": "VARCHAR",
            "location": "VARCHAR", "metadata": {"videoCallUrl": "VARCHAR"}, "absentHost": "BOOLEAN",
            "guests": ["VARCHAR"], "bookingFieldsResponses": "MAP(VARCHAR, JSON)", "responses": "MAP(VARCHAR, JSON)",
            "icsUid": "VARCHAR", "iCalUID": "VARCHAR", "createdAt": "VARCHAR", "updatedAt": "VARCHAR"
        }') as record
    from seen
    where nullif(uid, '') is not null
),

dated as (
    select
        *,
        case when is_answer or is_planned_row then api_instant(record.createdAt) end as created_at,
        case
            when is_answer or is_planned_row
                then coalesce(api_instant(record.updatedAt), stamped_at, api_instant(record.createdAt))
            else observed_at
        end as changed_at,
        case when lower(record.status) = 'awaiting_host' then 'pending' else lower(record.status) end as word,
        kind = 'BOOKING_CANCELLED' and record.seatsPerTimeSlot is not null and said(record.cancelledBy) is null as is_one_seat,
        case when is_whole then coalesce(record.bookingFieldsResponses, record.responses) end as fields
    from read
),

versions as (
    select
        * exclude (observed_at, body),
        case when is_planned_row then changed_at else observed_at end as observed_at,
        newness(
            changed_at,
            case when not is_planned_row then observed_at end,
            is_answer,
            case kind when 'BOOKING_CREATED' then 0 when 'BOOKING_REQUESTED' then 0 else 1 end,
            body
        ) as newness,
        case
            when kind = 'moved away' then case when record.seatsPerTimeSlot is null then 'rescheduled' end
            when kind = 'BOOKING_CANCELLED' and is_one_seat then null
            when kind = 'BOOKING_CANCELLED' and record.requestReschedule then 'rescheduled'
            when kind = 'BOOKING_CANCELLED' then 'cancelled'
            when kind = 'BOOKING_REJECTED' then 'rejected'
            when kind = 'BOOKING_REQUESTED' then 'pending'
            when not is_whole or is_planned_row then null
            when is_answer and word = 'cancelled' and (
                said(record.rescheduledToUid) is not null
                or (said(record.rescheduledByEmail) is not null and said(record.rescheduledFromUid) is null)
            ) then 'rescheduled'
            when word in ('accepted', 'cancelled', 'rejected', 'pending') then word
        end as state,
        case
            when kind = 'moved away' then null
            else coalesce(said(record.rescheduledFromUid), said(record.rescheduleUid), said(record.fromReschedule))
        end as from_uid,
        case when kind = 'moved away' then said(record.uid) else said(record.rescheduledToUid) end as to_uid,
        coalesce(said(record.metadata.videoCallUrl), said(record.location)) as place,
        nullif(form_answers(fields), []) as answers,
        case
            when is_answer then coalesce(address_said(record.hosts[1].displayEmail), address_said(record.hosts[1].email))
            when is_planned_row then address_said(record.userPrimaryEmail)
            else address_said(record.organizer.email)
        end as host_email
    from dated
),

merged as (
    select
        uid,
        list_sort(list(distinct account)) as accounts,
        bool_or(is_answer) as is_by_api,
        bool_or(not is_answer) as is_by_webhook,
        bool_or(is_whole) as is_whole,
        arg_max(case when is_answer then 'api' else 'webhook' end, newness) as newest_route,
        arg_max(coalesce(said(record.recurringBookingUid), said(record.recurringEventId)), newness) as recurring_uid,
        arg_max(said(record.title), newness) filter (where is_whole) as title,
        arg_max(coalesce(said(record.eventType.id), said(record.eventTypeId)), newness) filter (where is_whole) as event_type_id,
        arg_max(coalesce(said(record.eventType.slug), said(record.type)), newness) filter (where is_whole) as event_type_slug,
        arg_max(said(record.eventTitle), newness) filter (where is_whole) as event_type_name,
        arg_max(coalesce(api_instant(record.start), api_instant(record.startTime)), newness) filter (where is_whole) as starts_at,
        arg_max(coalesce(api_instant(record.end), api_instant(record.endTime)), newness) filter (where is_whole) as ends_at,
        bool_or(state = 'rescheduled') as is_rescheduled,
        arg_max(state, newness) filter (where state in ('cancelled', 'rejected')) as final_state,
        arg_max(state, newness) filter (where state in ('accepted', 'pending')) as open_state,
        arg_max(word, newness) filter (where is_planned_row and word in ('accepted', 'cancelled', 'rejected', 'pending')) as planned_state,
        arg_max(host_email, newness) filter (where is_whole) as host_email,
        arg_max(coalesce(nullif(said(record.hosts[1].name), 'unknown'), said(record.organizer.name)), newness) filter (where is_whole)
            as host_name,
        arg_max(place, newness) filter (where is_whole) as place,
        arg_max(record.absentHost, newness) as is_host_absent,
        coalesce(
            min(observed_at) filter (where not is_answer and not is_planned_row and state in ('cancelled', 'rescheduled')),
            max(changed_at) filter (where is_answer and state in ('cancelled', 'rescheduled'))
        ) as cancelled_at,
        arg_max(coalesce(address_said(record.cancelledByEmail), address_said(record.cancelledBy)), newness) filter (where is_whole)
            as cancelled_by_email,
        arg_max(said(record.cancellationReason), newness) filter (where is_whole) as cancellation_reason,
        arg_max(value_text(field_value(fields['rescheduleReason'])), newness) as reschedule_reason,
        arg_max(from_uid, newness) as rescheduled_from_uid,
        arg_max(to_uid, newness) as rescheduled_to_uid,
        bool_or(case
            when from_uid is not null then true
            when is_answer or kind in ('BOOKING_CREATED', 'BOOKING_REQUESTED') then false
        end) as is_moved_here,
        coalesce(
            arg_max(answers, newness) filter (where not is_answer and not is_planned_row), arg_max(answers, newness)
        ) as answers,  -- webhooks know the labels of the questions
        arg_max(coalesce(
            address_said(value_text(fields['displayEmail'])), address_said(value_text(field_value(fields['email'])))
        ), newness) as booker_address,
        arg_max(coalesce(
            from_json(fields['displayGuests'], '["VARCHAR"]'), from_json(field_value(fields['guests']), '["VARCHAR"]'), record.guests
        ), newness) as guests,
        bool_or(case kind when 'BOOKING_PAID' then true when 'BOOKING_PAYMENT_INITIATED' then false end) as is_paid,
        arg_max(coalesce(said(record.icsUid), said(record.iCalUID)), newness) as ics_uid,
        min(coalesce(created_at, case when kind in ('BOOKING_CREATED', 'BOOKING_REQUESTED', 'BOOKING_RESCHEDULED') then observed_at end))
            as created_at,
        max(changed_at) filter (where is_answer) as updated_at,
        max(observed_at) filter (where is_answer) as listed_at,
        max(observed_at) as observed_at
    from versions
    group by uid
),

judged as (
    select
        pairs.account,
        pairs.host_email,
        pairs.host_email is null
        or known_hosts.address is not null
        or pairs.host_email in (select address from aliases)
        or split_part(pairs.host_email, '@', 2) in (select domain from staff_domains)
        or (
            pairs.account not in (select account from known_hosts)
            and (select count(*) from aliases) + (select count(*) from staff_domains) = 0
        ) as is_hosted
    from (select distinct unnest(accounts) as account, host_email from merged) as pairs
    left join known_hosts on pairs.account = known_hosts.account and pairs.host_email = known_hosts.address
),

hosted as (
    select
        sighted.uid,
        bool_or(judged.is_hosted) as is_hosted,
        coalesce(min(judged.account) filter (where judged.is_hosted), min(judged.account)) as account
    from (select uid, unnest(accounts) as account, coalesce(host_email, '') as host_email from merged) as sighted
    inner join judged on sighted.account = judged.account and sighted.host_email = coalesce(judged.host_email, '')
    group by sighted.uid
),

absences as (
    select
        record_id as uid,
        max(observed_at) as noticed_at,
        arg_max(coalesce(api_instant(body ->> '$.last_seen_at'), observed_at), observed_at) as last_seen_at
    from sources.api_records
    where platform = 'calcom' and kind = 'absence'
    group by record_id
)

select
    merged.uid,
    hosted.account,
    hosted.is_hosted,  -- false: the token's user merely attends; no meeting of the firm's
    merged.is_whole,  -- false: only absences or a move away are known
    merged.recurring_uid,
    merged.title,
    merged.event_type_id,
    merged.event_type_slug,
    merged.event_type_name,
    merged.starts_at,
    coalesce(merged.ends_at, merged.starts_at) as ends_at,
    case
        when merged.is_rescheduled then 'rescheduled'
        else coalesce(merged.final_state, merged.open_state, merged.planned_state)
    end as state,  -- accepted | cancelled | rescheduled | rejected | pending; null: no version told
    coalesce(merged.is_rescheduled, false) or merged.final_state is not null or merged.open_state is not null as is_state_certain,
    merged.host_email,
    merged.host_name,
    location_kind(merged.place) as location_type,
    case when not contains(merged.place, '://') then merged.place end as location,  -- null for a link
    merged.is_host_absent,
    case when merged.is_rescheduled or merged.final_state = 'cancelled' then merged.cancelled_at end as cancelled_at,  -- by API alone: the booking's last change
    merged.cancelled_by_email,
    merged.cancellation_reason,  -- of the new booking of a move: why it was moved
    merged.reschedule_reason,
    merged.rescheduled_from_uid,
    merged.rescheduled_to_uid,
    merged.is_moved_here,  -- null: no version told
    to_json(merged.answers) as answers,  -- list of {question, answer, position}
    merged.booker_address,
    list_filter(
        list_transform(merged.guests, lambda guest: address_said(guest)), lambda guest: guest is not null
    ) as guests,  -- addresses as compared; null: no version told
    merged.is_paid,  -- null: no payment is known
    merged.ics_uid,
    merged.created_at,
    merged.updated_at,  -- by API only
    merged.listed_at,  -- when the API last listed its attendees
    merged.observed_at,  -- when the API or a delivery last told of it
    case when absences.noticed_at > merged.observed_at then absences.last_seen_at end as last_seen_at,  -- null while the API returns it
    merged.newest_route,
    routes_of(merged.is_by_api, false, merged.is_by_webhook) as routes,
    case when merged.is_whole and merged.starts_at is null then 'the booking''s start cannot be read' end as problem  -- null: it is used
from merged
inner join hosted on merged.uid = hosted.uid
left join absences on merged.uid = absences.uid
