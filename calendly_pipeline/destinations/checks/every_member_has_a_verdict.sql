-- Every member of Calendly with a profile link has a row in the plan of links, and a user who takes it or a reason why not.
-- asset: destinations.plan
-- severity: error
with members as (
    select user_id, plain_address(email) as email
    from sources.calendly_users
    where $salesforce_links::json is not null and is_listed and scheduling_url is not null
),

planned as (
    select record_key, operation from destinations.plan where destination = 'salesforce_links'
),

matches as (
    select calendly_user_id, salesforce_user_id, blocked_reason from destinations.salesforce_matches
)

select members.user_id as record_key, 'no link row' as problem
from members
anti join planned on members.user_id || ':profile' = planned.record_key
union all by name
select members.user_id as record_key, 'neither a user nor a reason' as problem
from members
left join matches on members.user_id = matches.calendly_user_id
where (matches.salesforce_user_id is null) = (matches.blocked_reason is null)
union all by name
select salesforce_user_id as record_key, 'takes two links' as problem
from matches
where salesforce_user_id is not null
group by salesforce_user_id
having count(*) > 1
