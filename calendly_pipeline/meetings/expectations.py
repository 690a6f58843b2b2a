"""What is expected of meetings: the words of the contract, and shares that a misread column would move."""

from calendly_pipeline.quality.expectations import (
    Batch,
    Suite,
    between,
    matching,
    one_of,
    paired,
)

STATUSES = ("confirmed", "completed", "no_show", "cancelled", "rescheduled", "pending", "rejected")
ROLES = ("invitee", "guest", "co_host")
ADDRESS = r"^[^@\sA-Z]+@[^@\s]+\.[^@\s.]{2,}$"

SUITES = (
    Suite(
        "meetings.meetings",
        (
            Batch(
                "words",
                """
                select status, platform, cancelled_by, is_rescheduled, reschedule_evidence, count(*) as meetings_count
                from meetings.meetings
                group by all
                """,
                (
                    one_of(
                        "status_is_known",
                        "status",
                        STATUSES,
                        "A meeting's status is one of the seven words that everything downstream counts by.",
                        "blocking",
                    ),
                    one_of("platform_is_known", "platform", ("calendly", "calcom"), "A meeting is of a tool we read."),
                    one_of(
                        "who_cancelled_is_known",
                        "cancelled_by",
                        ("host", "invitee", "unknown"),
                        "Who cancelled is told in our words: cards count only what the host did not cancel.",
                        "error",
                    ),
                    one_of(
                        "evidence_of_moves_is_known",
                        "reschedule_evidence",
                        ("linked", "inferred"),
                        "A move is linked by the tool or inferred by rule.",
                        "error",
                    ),
                    paired(
                        "moved_means_rescheduled",
                        ("status", "is_rescheduled"),
                        [
                            *((status, False) for status in STATUSES if status != "rescheduled"),
                            ("rescheduled", True),
                            ("rejected", True),
                        ],
                        "A meeting that was moved away is called rescheduled, and no other is.",
                        "error",
                    ),
                ),
            ),
            Batch(
                "lengths",
                """
                select duration_minutes, reschedule_count,
                    year(starts_at) - year($as_of::timestamptz) as years_from_now, count(*) as meetings_count
                from meetings.meetings
                group by all
                """,
                (
                    between(
                        "lengths_are_lengths_of_meetings",
                        "duration_minutes",
                        5,
                        480,
                        "Nearly every length lies between five minutes and a working day.",
                        mostly=0.95,
                    ),
                    between(
                        "nobody_moves_forever",
                        "reschedule_count",
                        0,
                        12,
                        "No chain has more than a dozen moves; a longer one joined bookings that are none of its own.",
                    ),
                    between(
                        "meetings_lie_in_sane_years",
                        "years_from_now",
                        -15,
                        3,
                        "No meeting lies before the tools existed or more than three years ahead.",
                    ),
                ),
            ),
            Batch(
                "shares",
                """
                select
                    platform,
                    account,
                    share_of(status in ('completed', 'no_show')) as took_place_rate,
                    share_of(status = 'no_show') as no_show_rate,
                    share_of(host_email is not null) as hosted_rate,
                    share_of(hour(timezone($firm_time_zone, starts_at)) between 6 and 20) as by_day_rate
                from meetings.meetings
                where ends_at <= $as_of
                group by all
                """,
                (
                    between(
                        "most_past_meetings_took_place",
                        "took_place_rate",
                        0.3,
                        0.999,
                        "Of the past meetings of an account a third or more took place, and not every one: "
                        "cancellations were read, and not read into everything.",
                    ),
                    between(
                        "few_stay_away",
                        "no_show_rate",
                        0,
                        0.4,
                        "Of the past meetings of an account fewer than two in five were missed.",
                    ),
                    between(
                        "hosts_are_known",
                        "hosted_rate",
                        0.5,
                        1,
                        "Of the past meetings of an account half or more name their host; without it duplicates and "
                        "moves across tools are not found.",
                    ),
                    between(
                        "meetings_lie_by_day",
                        "by_day_rate",
                        0.8,
                        1,
                        "Four of five meetings begin between 6 and 21 o'clock where the firm is.",
                    ),
                ),
            ),
        ),
    ),
    Suite(
        "meetings.attendees",
        (
            Batch(
                "words",
                """
                select role, status, is_held, cancelled_by, count(*) as attendees_count
                from meetings.attendees
                group by all
                """,
                (
                    one_of(
                        "role_is_known", "role", ROLES, "Everybody is an invitee, a guest or a co-host.", "blocking"
                    ),
                    paired(
                        "only_the_active_came",
                        ("status", "is_held"),
                        [("active", True), ("active", False), ("cancelled", False), ("rescheduled", False)],
                        "An attendee is active, cancelled or rescheduled, and only who is active can have come.",
                        "blocking",
                    ),
                    one_of(
                        "who_cancelled_is_known",
                        "cancelled_by",
                        ("host", "invitee", "unknown"),
                        "Who cancelled is told in our words.",
                        "error",
                    ),
                ),
            ),
            Batch(
                "outlines",
                """
                select outline(address) as address, time_zone, count(*) as attendees_count
                from meetings.attendees
                group by all
                """,
                (
                    matching(
                        "addresses_look_like_addresses",
                        "address",
                        ADDRESS,
                        "Every address, in outline, is one e-mail address in lower case, without blanks.",
                        "error",
                    ),
                    matching(
                        "time_zones_are_iana_names",
                        "time_zone",
                        r"^(?:UTC|[A-Z][A-Za-z_]+(?:/[A-Za-z0-9_+-]+)+)$",
                        "A time zone is an IANA name like America/New_York, not a tool's label.",
                    ),
                ),
            ),
            Batch(
                "shares",
                """
                select
                    share_of(said(name) is not null) as named_rate,
                    share_of(lower(name) = commonest) as commonest_name_rate
                from (
                    select distinct address, name, mode(lower(name)) over () as commonest
                    from meetings.attendees
                    where role = 'invitee'
                )
                """,
                (
                    between(
                        "invitees_have_names",
                        "named_rate",
                        0.9,
                        1,
                        "Nearly every invitee gave a name; matching leans on it.",
                    ),
                    between(
                        "names_differ",
                        "commonest_name_rate",
                        0,
                        0.2,
                        "No name stands for a fifth of all invitees' addresses; one that does is a column's default.",
                    ),
                ),
            ),
        ),
    ),
    Suite(
        "meetings.coverage",
        (
            Batch(
                "words",
                """
                select route, is_covered, gap_days is not null as is_gap, count(*) as days_count,
                    min(meetings) as fewest_meetings, max(meetings) as most_meetings
                from meetings.coverage
                group by all
                """,
                (
                    one_of(
                        "route_is_known",
                        "route",
                        ("api", "webhook", "csv"),
                        "A day is vouched for by a route.",
                        "error",
                    ),
                    paired(
                        "a_vouched_day_is_no_gap",
                        ("is_covered", "is_gap"),
                        [(True, False), (False, True), (False, False)],
                        "A day that a route vouches for is no gap.",
                        "error",
                    ),
                    between(
                        "days_hold_a_sane_number_of_meetings",
                        "most_meetings",
                        0,
                        2000,
                        "No day of an account holds more than two thousand meetings; one that does is a default date.",
                    ),
                ),
            ),
            Batch(
                "shares",
                """
                select
                    platform,
                    account,
                    share_of(is_covered) as covered_rate,
                    max(day) - day_in($as_of, $firm_time_zone) as days_ahead
                from (
                    select platform, account, day, bool_or(is_covered) as is_covered
                    from meetings.coverage
                    group by all
                )
                group by all
                """,
                (
                    between(
                        "most_days_are_vouched_for",
                        "covered_rate",
                        0.5,
                        1,
                        "Of the days between an account's first and last half or more are vouched for; "
                        "fewer, and numbers on cards are guesses.",
                    ),
                    between(
                        "nothing_vouches_for_the_future",
                        "days_ahead",
                        None,
                        0,
                        "No route vouches for a day after the run's clock.",
                        "error",
                    ),
                ),
            ),
        ),
    ),
)
