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
