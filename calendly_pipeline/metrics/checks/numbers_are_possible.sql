-- No card holds numbers that cannot be: last before first, a past next meeting, more in a quarter than in all.
-- asset: metrics.contact_metrics
-- severity: error
select contact_id
from metrics.contact_metrics
where
    first_meeting_on > last_meeting_on
    or last_meeting_on > day_in($as_of, $firm_time_zone)
    or next_meeting_on < day_in($as_of, $firm_time_zone) - 1
    or meetings_12m_count > meetings_count
    or meetings_this_quarter_count > meetings_count
    or (meetings_count = 0) <> (last_meeting_on is null)
    or (review_status = 'none') <> (last_portfolio_review_on is null)
    or (last_portfolio_review_on is null) <> (review_due_on is null)
    or meeting_data_through_on > day_in($as_of, $firm_time_zone)
    or least(no_show_12m_count, cancellation_12m_count, reschedule_12m_count) < 0
