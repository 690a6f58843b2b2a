-- The portfolio-review fields of a card come out again from the meetings of everybody in its household, and the status
-- from the due date.
-- asset: metrics.contact_metrics
-- severity: error
with reviews as (
    select matches.contact_id, day_in(meetings.starts_at, $firm_time_zone) as starts_on,
        attendees.is_held, attendees.status = 'active' and meetings.status = 'confirmed' as is_booked
    from contacts.matches as matches
    inner join meetings.attendees as attendees on matches.attendee_id = attendees.attendee_id
    inner join meetings.meetings as meetings on attendees.meeting_id = meetings.meeting_id
    inner join classification.meeting_types as types on meetings.meeting_id = types.meeting_id
    where
        types.meeting_type = 'portfolio_review'
        and matches.contact_id is not null
        and attendees.duplicate_of is null
        and meetings.duplicate_of is null
        and (attendees.role = 'invitee' or (attendees.role = 'guest' and $count_guests))
),

members as (
    select contact_id, contact_id as member_id from contacts.contacts
    union
    select mine.contact_id, theirs.contact_id as member_id
    from contacts.households as mine
    inner join contacts.households as theirs on mine.household_id = theirs.household_id
    where $credit_portfolio_review = 'household'
),

recounted as (
    select
        members.contact_id,
        max(reviews.starts_on) filter (where reviews.is_held) as last_on,
        min(reviews.starts_on) filter (where reviews.is_booked) as next_on
    from members
    left join reviews on members.member_id = reviews.contact_id
    group by members.contact_id
),

dated as (
    select *, last_on + $review_interval_days::integer as due_on, day_in($as_of, $firm_time_zone) as today
    from recounted
)

select cards.contact_id, cards.last_portfolio_review_on, dated.last_on, cards.review_status
from metrics.contact_metrics as cards
left join dated on cards.contact_id = dated.contact_id
where
    cards.last_portfolio_review_on is distinct from dated.last_on
    or cards.next_portfolio_review_on is distinct from dated.next_on
    or cards.review_due_on is distinct from dated.due_on
    or cards.review_status <> case
        when dated.due_on is null then 'none'
        when dated.due_on < dated.today then 'overdue'
        when dated.due_on <= dated.today + $review_due_soon_days::integer then 'due'
        else 'current'
    end
