-- One row per account in service: the last day up to which its files and pulls vouch without a gap, whichever of them.
-- An account is in service when a file, a pull or pipeline.toml names it and its `until` has not passed. Gaps before
-- `coverage.since` are accepted.
-- grain: platform, account
-- time zone: the firm's
with accounts as (
    select account.platform, account.account, try_cast(account.until as date) as until, account.is_named
    from (
        select unnest(from_json(
            $accounts, '[{"platform": "VARCHAR", "account": "VARCHAR", "until": "VARCHAR", "is_named": "BOOLEAN"}]'
        )) as account
    )
),

vouched as (
    select platform, account, day, bool_or(is_covered) as is_covered  -- by any route
    from meetings.coverage
    group by platform, account, day
),

spans as (
    select platform, account, unnest(generate_series(min(day), max(day), interval 1 day))::date as day
    from vouched
    group by platform, account
),

-- A day between two routes that neither speaks of has no row there, and is a gap all the same.
days as (
    select
        spans.platform,
        spans.account,
        spans.day,
        coalesce(vouched.is_covered, false) or coalesce(spans.day < $coverage_since::date, false)
            as is_covered  -- or accepted as it is
    from spans
    left join vouched
        on spans.platform = vouched.platform and spans.account = vouched.account and spans.day = vouched.day
),

ends as (
    select
        platform,
        account,
        coalesce(min(day) filter (where not is_covered) - 1, max(day)) as data_through_on,
        max(day) as last_day,
        count(*) filter (where not is_covered) as gap_days_count
    from days
    group by platform, account
)

select
    coalesce(accounts.platform, ends.platform) as platform,
    coalesce(accounts.account, ends.account) as account,
    ends.data_through_on,  -- null: nothing vouches for the account
    ends.last_day,  -- last day any file or pull speaks of, gaps or not
    coalesce(ends.gap_days_count, 0)::integer as gap_days_count,
    coalesce(accounts.until is null or accounts.until >= day_in($as_of, $firm_time_zone), true) as is_in_service
from accounts
full join ends on accounts.platform = ends.platform and accounts.account = ends.account
where ends.platform is not null or accounts.is_named
