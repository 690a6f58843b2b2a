-- A card says that its meetings are known up to a day only when every account in service vouches for every day up to it.
-- asset: metrics.contact_metrics
-- severity: error
with said as (
    select distinct meeting_data_through_on as through_on from metrics.contact_metrics
),

behind as (
    select platform, account, data_through_on
    from metrics.data_through
    where is_in_service
)

select said.through_on, behind.platform, behind.account, behind.data_through_on as vouched_on
from said
inner join behind on behind.data_through_on is null or behind.data_through_on < said.through_on
where said.through_on is not null
union all by name
select through.data_through_on as through_on, through.platform, through.account, min(coverage.day) as vouched_on
from metrics.data_through as through
inner join meetings.coverage as coverage
    on through.platform = coverage.platform
    and through.account = coverage.account
    and coverage.day <= through.data_through_on
    and coverage.gap_days is not null
    and coalesce(coverage.day >= $coverage_since::date, true)
group by through.data_through_on, through.platform, through.account
