-- A contact is named exactly when the decision is auto or confirmed, and everything in review stands in the queue.
-- asset: contacts.review_queue
-- severity: error
select matches.attendee_id, matches.decision, matches.rule
from contacts.matches as matches
left join contacts.review_queue as queue on matches.identity_id = queue.identity_id
where (matches.decision in ('auto', 'confirmed')) <> (matches.contact_id is not null)
    or (matches.decision = 'review' and queue.identity_id is null)
