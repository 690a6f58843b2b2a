-- One row per attendee: what the booking says about the person, the answers to booking questions included.
-- grain: attendee_id
-- changes with: attendee_id
with said_answers as (
    select attendee_id, unnest(map_entries(try_cast(answers as map(varchar, varchar)))) as said
    from meetings.attendees
    where answers is not null
),

-- There are few questions, however many answers: each is read once.
questions as (
    select
        asked.question,
        regexp_matches(asked.question, rule_set.company_question, 'i') as is_company,
        regexp_matches(asked.question, rule_set.phone_question, 'i') as is_phone,
        regexp_matches(asked.question, rule_set.name_question, 'i') as is_name
    from (select distinct said.key as question from said_answers) as asked
    cross join contacts.rule_set as rule_set
),

told as (
    select
        said_answers.attendee_id,
        min(said(said_answers.said.value)) filter (where questions.is_company) as company,
        min(said(said_answers.said.value)) filter (
            where questions.is_phone and regexp_matches(said_answers.said.value, '\d{3}')
        ) as phone,
        min(said(said_answers.said.value)) filter (where questions.is_name) as name
    from said_answers
    inner join questions on said_answers.said.key = questions.question
    where questions.is_company or questions.is_phone or questions.is_name
    group by said_answers.attendee_id
)

select
    attendees.attendee_id,
    attendees.meeting_id,
    attendees.role,
    attendees.address,  -- as compared: lower case, no blanks
    coalesce(
        said(attendees.name), said(concat_ws(' ', said(attendees.first_name), said(attendees.last_name))), told.name
    ) as name,
    told.company,
    coalesce(said(attendees.phone), told.phone) as phone,  -- as said
    said(attendees.crm_contact_hint) as crm_contact_hint,  -- contact id carried in the booking link
    attendees.duplicate_of is null as is_counted
from meetings.attendees as attendees
left join told on attendees.attendee_id = told.attendee_id
