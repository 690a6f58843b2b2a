-- Tables of this stage that Python loads. Cells are kept as said: null = the file has no such column, '' = blank cell.

-- One row per content of a dropped file, whatever names it came under.
create table if not exists sources.files (
    file_id varchar,
    folder varchar,
    name varchar,
    account varchar,
    landed_at timestamptz,
    modified_at timestamptz,
    size_bytes bigint,
    recency integer,  -- 1 is the oldest; a newer file wins
    layout varchar,
    rows_count integer,
    rejected_count integer,
    read_with varchar,  -- version of the readers and the settings they used; a change reads the file again
    repairs json,  -- what was mended while reading, with counts: bytes of another character set, missing cells
    failure varchar,  -- why the whole file could not be read; null when it could
    remedy varchar
);

-- Records that are no rows: too many cells, broken quotes, over-long lines.
create table if not exists sources.unread_rows (
    file_id varchar,
    line integer,
    reason varchar,
    raw varchar
);

create table if not exists sources.calendly_exports (
    file_id varchar, line integer,
    user_name varchar, team varchar, invitee_name varchar, invitee_first_name varchar, invitee_last_name varchar,
    invitee_email varchar, invitee_time_zone varchar, invitee_accepted_marketing_emails varchar,
    text_reminder_number varchar, event_type_name varchar, start_date_time varchar, end_date_time varchar,
    location varchar, event_created_date_time varchar, canceled varchar, canceled_by varchar,
    cancellation_reason varchar, utm_campaign varchar, utm_source varchar, utm_medium varchar, utm_term varchar,
    utm_content varchar, salesforce_uuid varchar, event_price varchar, payment_currency varchar,
    guest_emails varchar, invitee_reconfirmed varchar, marked_as_no_show varchar, meeting_notes varchar,
    group_name varchar, user_email varchar, event_uuid varchar, invitee_uuid varchar,
    invitee_scheduled_by varchar, scheduling_method varchar,
    answers json,  -- list of {question, answer, position}
    extra json
);

create table if not exists sources.calcom_exports (
    file_id varchar, line integer,
    layout varchar, generation varchar, uid varchar, booking_id varchar, title varchar, status varchar,
    start_time varchar, end_time varchar, created_at varchar, event_type varchar, event_type_id varchar,
    event_length varchar, host_email varchar, host_username varchar, location varchar, is_paid varchar,
    rating varchar, rating_feedback varchar, no_show_host varchar,
    no_show_guests json,  -- list of {name, email}; null = this layout cannot know
    attendees json,  -- list of {name, email, phone}
    answers json,
    rescheduled_from_uid varchar, rescheduled_to_uid varchar,
    extra json
);

-- People and companies of the CRM's own export.
create table if not exists sources.crm_contacts (
    file_id varchar, line integer,
    kind varchar, contact_key varchar, is_company varchar, full_name varchar, first_name varchar,
    middle_name varchar, last_name varchar, suffix varchar, company varchar, job_title varchar,
    assigned_user varchar, household varchar,
    addresses json,  -- list of text
    phones json,  -- list of text
    fields json  -- header -> cell, every other column
);

-- People of other address books.
create table if not exists sources.address_books (
    file_id varchar, line integer,
    kind varchar, contact_key varchar, is_company varchar, full_name varchar, first_name varchar,
    middle_name varchar, last_name varchar, suffix varchar, company varchar, job_title varchar,
    assigned_user varchar, household varchar,
    addresses json,
    phones json,
    fields json
);

-- Calendly's names for time zones -> IANA names, from calendly_time_zones.csv.
create table if not exists sources.time_zone_labels (
    label varchar,
    iana varchar
);

-- One row per finished listing of a month (or of an account's changes) by API: what the API vouches for.
create table if not exists sources.pulls (
    pull_id varchar,  -- folder of the pull below data/landing
    platform varchar,
    account varchar,
    mode varchar,  -- window | wide | everything | backfill
    from_at timestamptz,  -- starts listed from here ...
    to_at timestamptz,  -- ... to before here; null for what has no start
    started_at timestamptz,
    finished_at timestamptz,
    account_address varchar,  -- address of the user the token belongs to
    counts json  -- requests, pages, waits, new, changed, unchanged, ...
);

-- Which landed page files are loaded.
create table if not exists sources.page_files (
    path varchar,  -- below data/landing
    pages_count integer
);

-- Newest version of every record that an API returned, by `updated_at`, then by `observed_at`; every version stays in
-- landing.
-- Calendly: user (a membership), event_type, event, invitee (parent: event), routing_form, routing_form_submission,
-- webhook_subscription. Cal.com: booking, attendee (parent: booking; id = uid/address), event_type.
-- Both: absence (id of an event or booking that the API no longer returns).
-- Calendly: listing (id `webhook_subscription`: when the whole list was given last).
-- Calendly: suppressed (id of an event of which erased people were invitees; how many).
-- LACRM: contact (companies too), absence, listing (ids `contact_ids`, `contact_fields`, `company_fields`: the whole list).
create table if not exists sources.api_records (
    platform varchar,
    account varchar,
    kind varchar,
    record_id varchar,  -- last part of the URI in lower case, or the uid
    parent_id varchar,
    observed_at timestamptz,  -- when the API said it
    updated_at timestamptz,  -- the vendor's own time of the last change, an attendee's is the booking's; null where it has none
    body json
);

-- Deliveries of webhooks whose signature held, from the state store.
create table if not exists sources.webhook_deliveries (
    delivery_id bigint,
    platform varchar,
    account varchar,
    kind varchar,  -- the vendor's name of the event; blank: the body names none
    occurred_at timestamptz,  -- the vendor's time of the event
    received_at timestamptz,
    body json  -- null: the body is no JSON
);
