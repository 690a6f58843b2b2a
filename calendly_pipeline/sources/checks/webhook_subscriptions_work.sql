-- Every webhook subscription that leads to the receiver works; a disabled one is made anew by `webhooks repair`.
-- asset: sources.webhook_subscriptions
-- severity: error
-- blocking: false
select account, callback_url, state, retry_started_at
from sources.webhook_subscriptions
where contains(callback_url, '/webhooks/calendly') and state <> 'active'
