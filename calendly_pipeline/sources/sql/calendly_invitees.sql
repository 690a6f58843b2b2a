-- One row per Calendly invitee, out of API answers and webhooks. Of every field the newest version that has it wins,
-- by the invitee's own `updated_at`, then by the time somebody saw it so; a cancelled invitee stays cancelled, a link
-- of a move stays. `invitee_no_show.deleted` takes the mark off whatever its payload says, because no description
-- tells whether `no_show` is null there.
-- Of an invitee seen through two accounts the first account by name has it.
-- grain: invitee_id
-- time zone: UTC
-- source of truth: Calendly, the newest `updated_at`
with seen as (
    select
        lower(record_id) as invitee_id,
        lower(parent_id) as parent_id,
        account,
        true as is_answer,
        'answer' as kind,
        observed_at,
        updated_at as stamped_at,
        body
    from sources.api_records
    where platform = 'calendly' and kind = 'invitee'
    union all by name
    select
        uri_id(body ->> '$.payload.uri') as invitee_id,
        uri_id(body ->> '$.payload.scheduled_event.uri') as parent_id,
        account,
        false as is_answer,
        kind,
        coalesce(occurred_at, received_at) as observed_at,
        body -> '$.payload' as body
    from sources.webhook_deliveries
    where platform = 'calendly' and is_invitee_delivery(kind)
),

read as (
    select
        *,
        from_json(body, '{
            "event": "VARCHAR", "email": "VARCHAR", "name": "VARCHAR", "first_name": "VARCHAR", "last_name": "VARCHAR",
            "status": "VARCHAR", "canceled": "BOOLEAN", "timezone": "VARCHAR", "text_reminder_number": "VARCHAR",
            "questions_and_answers": [{"question": "VARCHAR", "answer": "VARCHAR", "position": "INTEGER"}],
            "tracking": {
                "utm_campaign": "VARCHAR", "utm_source": "VARCHAR", "utm_medium": "VARCHAR", "utm_content": "VARCHAR",
                "utm_term": "VARCHAR", "salesforce_uuid": "VARCHAR"
            },
            "rescheduled": "BOOLEAN", "old_invitee": "VARCHAR", "new_invitee": "VARCHAR",
            "cancellation": {
                "canceled_by": "VARCHAR", "reason": "VARCHAR", "canceler_type": "VARCHAR", "created_at": "VARCHAR"
            },
            "payment": {"external_id": "VARCHAR", "amount": "VARCHAR", "successful": "BOOLEAN"},
            "routing_form_submission": "VARCHAR", "scheduling_method": "VARCHAR", "invitee_scheduled_by": "VARCHAR",
            "created_at": "VARCHAR", "updated_at": "VARCHAR"
        }') as record,
        json_type(body, '$.no_show') as no_show_type,
        json_type(body, '$.old_invitee') as old_invitee_type
    from seen
    where nullif(invitee_id, '') is not null
),

versions as (
    select
        invitee_id,
        account,
        is_answer,
        observed_at,
        coalesce(api_instant(record.updated_at), stamped_at) as updated_at,
        newness(
            coalesce(api_instant(record.updated_at), stamped_at),
            observed_at,
            is_answer,
            list_position(
                ['answer', 'invitee.created', 'invitee.canceled', 'invitee_no_show.created', 'invitee_no_show.deleted'], kind
            ),
            body
        ) as newness,
        coalesce(nullif(parent_id, ''), uri_id(record.event)) as event_id,
        record,
        coalesce(lower(record.status) in ('canceled', 'cancelled'), false)
        or coalesce(record.canceled, false)
        or kind = 'invitee.canceled' as is_cancelled,
        case
            when kind = 'invitee_no_show.deleted' or no_show_type = 'NULL' then false
            when kind = 'invitee_no_show.created' or no_show_type = 'OBJECT' then true
        end as is_no_show,
        case when old_invitee_type = 'NULL' then false when uri_id(record.old_invitee) is not null then true end as is_moved_here
    from read
),

merged as (
    select
        invitee_id,
        min(account) as account,
        list_sort(list(distinct account)) as accounts,
        bool_or(is_answer) as is_by_api,
        bool_or(not is_answer) as is_by_webhook,
        arg_max(case when is_answer then 'api' else 'webhook' end, newness) as newest_route,
        arg_max(event_id, newness) as event_id,
        arg_max(trim(record.email), newness) filter (where address_said(record.email) is not null) as email,
        arg_max(said(record.name), newness) as name,
        arg_max(said(record.first_name), newness) as first_name,
        arg_max(said(record.last_name), newness) as last_name,
        arg_max(said(record.timezone), newness) as time_zone,
        arg_max(said(record.text_reminder_number), newness) as phone,
        arg_max(record.questions_and_answers, newness) as answers,
        arg_max(record.tracking, newness) as tracking,
        bool_or(is_cancelled) as is_cancelled,
        coalesce(bool_or(record.rescheduled), false) as is_moved_away,
        bool_or(is_moved_here) as is_moved_here,
        arg_max(record.old_invitee, newness) as old_invitee,
        arg_max(record.new_invitee, newness) as new_invitee,
        arg_max(record.cancellation, newness) as cancellation,
        arg_max(is_no_show, newness) as is_no_show,
        arg_max(observed_at, newness) filter (where is_no_show is not null) as no_show_observed_at,
        arg_max(record.payment, newness) filter (where record.payment.external_id is not null or record.payment.successful is not null)
            as payment,
        arg_max(said(record.scheduling_method), newness) as scheduling_method,
        arg_max(uri_id(record.invitee_scheduled_by), newness) as scheduled_by_user_id,
        arg_max(uri_id(record.routing_form_submission), newness) as routing_submission_id,
        arg_max(api_instant(record.created_at), newness) as created_at,
        max(updated_at) as updated_at,
        max(observed_at) as observed_at
    from versions
    group by invitee_id
)

select
    invitee_id,
    event_id,
    account,
    accounts,  -- every account the invitee was seen through
    email,  -- as given
    address_said(email) as address,  -- as compared
    name,
    first_name,
    last_name,
    time_zone,  -- IANA
    phone,  -- number for text reminders, as given
    is_cancelled,
    is_moved_away,  -- rescheduled: the old one of a move
    is_moved_here,  -- the new one of a move; null: no version told
    uri_id(old_invitee) as old_invitee_id,
    uri_id(old_invitee, place := 3) as old_event_id,
    uri_id(new_invitee) as new_invitee_id,
    uri_id(new_invitee, place := 3) as new_event_id,
    is_no_show,  -- null: no version told
    no_show_observed_at,
    api_instant(cancellation.created_at) as cancelled_at,
    lower(cancellation.canceler_type) as canceler_type,  -- host | invitee
    said(cancellation.canceled_by) as cancelled_by_name,
    said(cancellation.reason) as cancellation_reason,
    case
        when len(answers) > 0 then to_json(list_transform(
            list_sort(list_transform(
                list_filter(answers, lambda given: given.question is not null),
                lambda given: struct_pack(place := given.position, q := given.question, a := given.answer)
            )),
            lambda given, nth: {'question': given.q, 'answer': given.a, 'position': nth}
        ))
    end as answers,  -- list of {question, answer, position}
    json_object(
        'campaign', said(tracking.utm_campaign), 'source', said(tracking.utm_source),
        'medium', said(tracking.utm_medium), 'term', said(tracking.utm_term), 'content', said(tracking.utm_content)
    ) as utm,
    said(tracking.salesforce_uuid) as salesforce_uuid,
    case when payment is not null then coalesce(payment.successful, false) end as is_paid,  -- null: no payment is known
    scheduling_method,  -- instant_book | api; null: booked by the invitee on a page
    scheduled_by_user_id,
    routing_submission_id,
    created_at,
    updated_at,
    observed_at,  -- when the API or a delivery last told of it
    newest_route,
    routes_of(is_by_api, false, is_by_webhook) as routes,
    case
        when event_id is null then 'the invitee names no event'
        when email is null then 'the invitee''s email is missing or no address'
    end as problem  -- null: it is used
from merged
