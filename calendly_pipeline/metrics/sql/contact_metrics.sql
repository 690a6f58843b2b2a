-- One row per contact, companies included: what the card should know. Dates are absolute, never "days since".
-- Counts belong to whoever attended (metrics.credit); the portfolio-review fields to every member of the household.
-- grain: contact_id
-- time zone: the firm's
-- source of truth: metrics.contact_meetings
with clock as (
    select
        day_in($as_of, $firm_time_zone) as today,
        date_trunc('quarter', day_in($as_of, $firm_time_zone))::date as quarter_start
),

household_members as (
    select mine.contact_id, theirs.contact_id as member_id
    from contacts.households as mine
    inner join contacts.households as theirs on mine.household_id = theirs.household_id
    union
    select contact_id, contact_id as member_id
    from contacts.contacts
),

counted as (
    select distinct
        case when $credit_counts = 'household' then household_members.contact_id else attended.contact_id end as contact_id,
        attended.* exclude (contact_id)
    from metrics.contact_meetings as attended
    inner join household_members on attended.contact_id = household_members.member_id
    where $credit_counts = 'household' or household_members.contact_id = attended.contact_id
),

counts as (
    select
        counted.contact_id,
        min(starts_on) filter (where is_held) as first_meeting_on,
        max(starts_on) filter (where is_held) as last_meeting_on,
        min(starts_on) filter (where is_booked) as next_meeting_on,
        count(distinct meeting_id) filter (where is_held) as meetings_count,
        count(distinct meeting_id) filter (where is_held and starts_on >= clock.quarter_start) as meetings_this_quarter_count,
        count(distinct meeting_id) filter (where is_held and is_in_12m) as meetings_12m_count,
        count(distinct meeting_id) filter (where is_no_show and is_in_12m) as no_show_12m_count,
        count(distinct meeting_id) filter (where is_cancelled and not is_cancelled_by_host and is_in_12m)
            as cancellation_12m_count,
        count(distinct meeting_id) filter (where is_rescheduled and is_in_12m) as reschedule_12m_count,
        arg_max(meeting_type, (starts_at, meeting_id)) filter (where is_held) as last_meeting_type,
        arg_max(coalesce(host_name, ''), (starts_at, meeting_id)) filter (where is_held) as last_host_name
    from counted
    cross join clock
    group by counted.contact_id
),

escalations as (
    select contact_id
    from (
        select contact_id, chain_id
        from counted
        where is_rescheduled and ($trust_inferred_moves or reschedule_evidence = 'linked')
        group by contact_id, chain_id
        having count(distinct meeting_id) >= 2
    )
    group by contact_id
),

reviews as (
    select
        household_members.contact_id,
        max(attended.starts_on) filter (where attended.is_held) as last_portfolio_review_on,
        min(attended.starts_on) filter (where attended.is_booked) as next_portfolio_review_on
    from household_members
    inner join metrics.contact_meetings as attended on household_members.member_id = attended.contact_id
    where
        attended.is_portfolio_review
        and ($credit_portfolio_review = 'household' or household_members.contact_id = household_members.member_id)
    group by household_members.contact_id
),

freshness as (
    select
        case when bool_and(data_through_on is not null) then min(data_through_on) end as meeting_data_through_on,
        sum(gap_days_count)::integer as coverage_gap_days_count
    from (
        select *
        from metrics.data_through
        where is_in_service or not exists (select 1 from metrics.data_through where is_in_service)
    )
)

select
    contacts.contact_id,
    counts.first_meeting_on,  -- first meeting held
    counts.last_meeting_on,  -- last meeting held
    counts.next_meeting_on,  -- earliest booked meeting still to come
    coalesce(counts.meetings_count, 0)::integer as meetings_count,  -- held
    coalesce(counts.meetings_this_quarter_count, 0)::integer as meetings_this_quarter_count,  -- held, calendar quarter
    coalesce(counts.meetings_12m_count, 0)::integer as meetings_12m_count,  -- held, 365 days up to the clock
    reviews.last_portfolio_review_on,  -- held
    reviews.next_portfolio_review_on,  -- booked
    reviews.last_portfolio_review_on + $review_interval_days::integer as review_due_on,
    case
        when reviews.last_portfolio_review_on is null then 'none'
        when clock.today > reviews.last_portfolio_review_on + $review_interval_days::integer then 'overdue'
        when clock.today >= reviews.last_portfolio_review_on + $review_interval_days::integer - $review_due_soon_days::integer
            then 'due'
        else 'current'
    end as review_status,  -- current | due | overdue | none
    coalesce(counts.no_show_12m_count, 0)::integer as no_show_12m_count,
    coalesce(counts.cancellation_12m_count, 0)::integer as cancellation_12m_count,  -- not made by the host
    coalesce(counts.reschedule_12m_count, 0)::integer as reschedule_12m_count,  -- moves away
    escalations.contact_id is not null as is_reschedule_escalation,  -- moved twice in one chain
    counts.last_meeting_type,
    nullif(counts.last_host_name, '') as last_host_name,
    freshness.meeting_data_through_on,  -- every account in service vouches up to this day, without a gap
    coalesce(freshness.coverage_gap_days_count, 0) as coverage_gap_days_count,  -- days inside that nothing vouches for
    $as_of::timestamptz as as_of
from contacts.contacts as contacts
cross join clock
cross join freshness
left join counts on contacts.contact_id = counts.contact_id
left join reviews on contacts.contact_id = reviews.contact_id
left join escalations on contacts.contact_id = escalations.contact_id
