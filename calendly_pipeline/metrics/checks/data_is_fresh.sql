-- Every account in service is covered up to a week before the run's clock.
-- asset: metrics.contact_metrics
-- severity: warn
select platform, account, data_through_on, gap_days_count
from metrics.data_through
where is_in_service and (data_through_on is null or data_through_on < day_in($as_of, $firm_time_zone) - 7)
