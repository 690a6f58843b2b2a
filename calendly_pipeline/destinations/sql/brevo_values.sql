-- One row per address and mapped attribute of Brevo: what should stand there.
-- grain: address, attribute
with mapped as (
    select unnest(map_entries(from_json($brevo::json -> 'attributes', '"MAP(VARCHAR, VARCHAR)"'))) as pair
),

asked as (
    select
        question.key as pattern,
        question.value as attribute,
        row_number() over () as place
    from (
        select unnest(map_entries(from_json($brevo::json -> 'questions', '"MAP(VARCHAR, VARCHAR)"'))) as question
    )
),

said_answers as (
    select
        address,
        attendee_id,
        booked_at,
        unnest(map_entries(try_cast(answers as map(varchar, varchar)))) as answer
    from destinations.brevo_bookings
    where answers is not null
),

-- The newest answer to the first question that fits.
answered as (
    select
        said_answers.address,
        asked.attribute,
        arg_max(
            said(said_answers.answer.value), (said_answers.booked_at, -asked.place, said_answers.attendee_id)
        ) as value
    from said_answers
    inner join asked on regexp_matches(said_answers.answer.key, asked.pattern, 'i')
    where said(said_answers.answer.value) is not null
    group by said_answers.address, asked.attribute
),

known as (
    select
        people.*,
        metrics.* exclude (contact_id, as_of)
    from destinations.brevo_people as people
    left join metrics.contact_metrics as metrics on people.contact_id = metrics.contact_id
),

ours as (
    select
        address,
        unnest([
            'first_name', 'last_name', 'phone', 'company', 'event_type', 'meeting_type', 'meeting_date', 'meeting_at', 'status',
            'host_name', 'host_email', 'time_zone', 'booked_on', 'first_meeting_on', 'last_meeting_on', 'next_meeting_on',
            'meetings_count', 'meetings_this_quarter_count', 'meetings_12m_count', 'last_portfolio_review_on',
            'next_portfolio_review_on', 'review_due_on', 'review_status', 'no_show_12m_count', 'cancellation_12m_count',
            'reschedule_12m_count', 'is_reschedule_escalation', 'last_meeting_type', 'last_host_name'
        ]) as field,
        unnest([
            to_json(first_name), to_json(last_name), to_json(phone), to_json(company), to_json(event_type),
            to_json(meeting_type), to_json(meeting_date), to_json(meeting_at), to_json(status), to_json(host_name),
            to_json(host_email), to_json(time_zone), to_json(booked_on), to_json(first_meeting_on),
            to_json(last_meeting_on), to_json(next_meeting_on), to_json(meetings_count),
            to_json(meetings_this_quarter_count), to_json(meetings_12m_count), to_json(last_portfolio_review_on),
            to_json(next_portfolio_review_on), to_json(review_due_on), to_json(review_status), to_json(no_show_12m_count),
            to_json(cancellation_12m_count), to_json(reschedule_12m_count), to_json(is_reschedule_escalation),
            to_json(last_meeting_type), to_json(last_host_name)
        ]) as value
    from known
)

select
    ours.address,
    mapped.pair.value as attribute,
    mapped.pair.key as field,
    ours.value  -- JSON: text, day, number or boolean; null blanks it
from ours
inner join mapped on ours.field = mapped.pair.key
union all by name
select
    people.address,
    asked.attribute,
    'answer' as field,
    to_json(answered.value) as value
from destinations.brevo_people as people
cross join (select distinct attribute from asked) as asked
left join answered on people.address = answered.address and asked.attribute = answered.attribute
