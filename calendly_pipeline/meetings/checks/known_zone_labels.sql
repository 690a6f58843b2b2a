-- Every zone label of the exports is known.
-- asset: meetings.attendees
-- severity: warn
select invitees.time_zone_label, count(*) as row_count
from meetings.calendly_exported as invitees
left join sources.time_zone_labels as labels on lower(invitees.time_zone_label) = lower(labels.label)
where invitees.time_zone_label is not null and labels.label is null
group by invitees.time_zone_label
