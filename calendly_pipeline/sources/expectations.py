"""What is expected of what the tools said: that it was read as it was meant."""

from calendly_pipeline.quality.expectations import Batch, Suite, between, matching, one_of

CALENDLY_SINCE = -15
"""Calendly was founded in 2013, Cal.com in 2021; an earlier meeting is a misread date."""

SUITES = (
    Suite(
        "sources.calendly_rows",
        (
            Batch(
                "years",
                """
                select year(starts_at) - year($as_of::timestamptz) as years_from_now, count(*) as rows_count
                from sources.calendly_rows
                where problem is null
                group by all
                """,
                (
                    between(
                        "meetings_lie_in_sane_years",
                        "years_from_now",
                        CALENDLY_SINCE,
                        3,
                        "No exported meeting lies before Calendly existed or more than three years ahead: "
                        "day, month and year were read in their order.",
                    ),
                ),
            ),
            Batch(
                "shares",
                """
                select
                    files.name as file,
                    share_of(rows.booked_at < rows.starts_at)
                        as booked_before_start_rate,
                    share_of(hour(timezone($firm_time_zone, rows.starts_at)) between 6 and 20) as by_day_rate,
                    share_of(minute(rows.starts_at) % 5 = 0)
                        as on_five_minutes_rate
                from sources.calendly_rows as rows
                inner join sources.files as files on rows.file_id = files.file_id
                where rows.problem is null
                group by files.name, files.file_id
                """,
                (
                    between(
                        "bookings_precede_meetings",
                        "booked_before_start_rate",
                        0.98,
                        1,
                        "In every file nearly every meeting was booked before it began: both were read in one zone.",
                    ),
                    between(
                        "meetings_lie_by_day",
                        "by_day_rate",
                        0.8,
                        1,
                        "In every file four of five meetings begin between 6 and 21 o'clock where the firm is: "
                        "am and pm were kept, and the file was read in its own zone.",
                    ),
                    between(
                        "meetings_begin_on_five_minutes",
                        "on_five_minutes_rate",
                        0.9,
                        1,
                        "Booking pages offer whole five minutes; other starts come from times that lost digits.",
                    ),
                ),
            ),
        ),
    ),
    Suite(
        "sources.calcom_rows",
        (
            Batch(
                "years",
                """
                select year(starts_at) - year($as_of::timestamptz) as years_from_now, count(*) as rows_count
                from sources.calcom_rows
                where problem is null
                group by all
                """,
                (
                    between(
                        "meetings_lie_in_sane_years",
                        "years_from_now",
                        CALENDLY_SINCE,
                        3,
                        "No exported booking lies before Cal.com existed or more than three years ahead.",
                    ),
                ),
            ),
            Batch(
                "states",
                "select distinct state_claimed from sources.calcom_rows where problem is null",
                (
                    one_of(
                        "states_are_known",
                        "state_claimed",
                        ("accepted", "cancelled", "rescheduled", "rejected", "pending"),
                        "Every word for a booking's state, in whichever language, is one that Cal.com is known to use.",
                        "error",
                    ),
                ),
            ),
            Batch(
                "shares",
                """
                select
                    files.name as file,
                    share_of(hour(timezone($firm_time_zone, rows.starts_at)) between 6 and 20) as by_day_rate
                from sources.calcom_rows as rows
                inner join sources.files as files on rows.file_id = files.file_id
                where rows.problem is null
                group by files.name, files.file_id
                """,
                (
                    between(
                        "meetings_lie_by_day",
                        "by_day_rate",
                        0.8,
                        1,
                        "In every file four of five bookings begin between 6 and 21 o'clock where the firm is: "
                        "the file was read in its own zone.",
                    ),
                ),
            ),
        ),
    ),
    Suite(
        "sources.crm_contacts",
        (
            Batch(
                "newest_file",
                """
                with newest as (
                    select cards.*
                    from sources.crm_contacts as cards
                    inner join sources.files as files on cards.file_id = files.file_id
                    where not coalesce(said_true(cards.is_company), false)
                    qualify files.recency = max(files.recency) over (partition by cards.kind)
                )

                select
                    kind,
                    share_of(json_array_length(addresses) > 0)
                        as with_address_rate,
                    share_of(coalesce(said(full_name), said(last_name), said(first_name)) is not null)
                        as with_name_rate,
                    case when count(contact_key) >= 30 then count(distinct contact_key) / count(contact_key) end
                        as distinct_key_rate
                from newest
                group by kind
                """,
                (
                    between(
                        "people_have_addresses",
                        "with_address_rate",
                        0.3,
                        1,
                        "A third of the people of the newest CRM export hold an e-mail address: its column was found. "
                        "Without addresses hardly anybody is matched.",
                    ),
                    between(
                        "people_have_names",
                        "with_name_rate",
                        0.9,
                        1,
                        "Nearly everybody in the newest CRM export has a name.",
                    ),
                    between(
                        "keys_name_one_card",
                        "distinct_key_rate",
                        0.99,
                        1,
                        "The CRM's id differs from card to card; one that repeats is another column, or lost its last "
                        "digits in a spreadsheet.",
                    ),
                ),
            ),
        ),
    ),
    Suite(
        "sources.calendly_events",
        (
            Batch(
                "shares",
                """
                select account, share_of(problem is null) as usable_rate,
                    share_of(event_id in (select event_id from sources.calendly_invitees)) as attended_rate
                from sources.calendly_events
                group by account
                """,
                (
                    between(
                        "records_are_usable",
                        "usable_rate",
                        0.95,
                        1,
                        "Of an account's events at most one in twenty lacks what a meeting needs; "
                        "more, and the vendor changed its answers.",
                        "error",
                    ),
                    between(
                        "events_have_invitees",
                        "attended_rate",
                        0.95,
                        1,
                        "Nearly every event of an account has its invitees; more without, and a pull was cut short.",
                        "error",
                    ),
                ),
            ),
        ),
    ),
    Suite(
        "sources.calendly_invitees",
        (
            Batch(
                "addresses",
                "select distinct outline(address) as address from sources.calendly_invitees",
                (
                    matching(
                        "addresses_look_like_addresses",
                        "address",
                        r"^[^@\sA-Z]+@[^@\s]+\.[^@\s.]{2,}$",
                        "Every invitee's address, in outline, is an e-mail address.",
                    ),
                ),
            ),
            Batch(
                "shares",
                """
                select
                    account,
                    share_of(problem is null) as usable_rate,
                    share_of(said(name) is not null) as named_rate
                from sources.calendly_invitees
                group by account
                """,
                (
                    between(
                        "records_are_usable",
                        "usable_rate",
                        0.95,
                        1,
                        "Of an account's invitees at most one in twenty lacks what a meeting needs; "
                        "more, and the vendor changed its answers.",
                        "error",
                    ),
                    between(
                        "invitees_have_names",
                        "named_rate",
                        0.9,
                        1,
                        "Nearly every invitee gave a name: the field is where it was.",
                    ),
                ),
            ),
        ),
    ),
    Suite(
        "sources.calcom_bookings",
        (
            Batch(
                "shares",
                """
                select
                    account,
                    share_of(problem is null) as usable_rate,
                    share_of(is_hosted) as hosted_rate
                from sources.calcom_bookings
                where is_whole
                group by account
                """,
                (
                    between(
                        "records_are_usable",
                        "usable_rate",
                        0.95,
                        1,
                        "Of an account's bookings at most one in twenty lacks what a meeting needs; "
                        "more, and the vendor changed its answers.",
                        "error",
                    ),
                    between(
                        "bookings_have_a_host_of_ours",
                        "hosted_rate",
                        0.2,
                        1,
                        "A fifth of an account's bookings is with a host of the firm's; fewer, and its hosts, "
                        "aliases or internal domains are set wrong.",
                    ),
                ),
            ),
        ),
    ),
)
