"""What is expected of contacts and identities: addresses that are addresses, names that can be compared."""

from calendly_pipeline.quality.expectations import (
    Batch,
    Suite,
    between,
    matching,
    not_before,
    one_of,
)

ADDRESS = r"^[^@\sA-Z]+@[^@\s]+\.[^@\s.]{2,}$"
DOMAIN_CLASSES = ("internal", "relay", "freemail", "disposable", "typo", "company")

SUITES = (
    Suite(
        "contacts.contacts",
        (
            Batch(
                "shares",
                """
                select
                    source,
                    count(*) as contacts_count,
                    share_of(case when not is_company then name_normalised is not null end) as usable_name_rate,
                    share_of(is_company) as company_rate,
                    share_of(contains(full_name, '@'))
                        as address_for_name_rate
                from contacts.contacts
                group by source
                """,
                (
                    one_of(
                        "source_is_known",
                        "source",
                        ("crm", "address_book"),
                        "A contact is of the CRM or of an address book; only the former is ever written to.",
                        "blocking",
                    ),
                    between(
                        "people_have_usable_names",
                        "usable_name_rate",
                        0.9,
                        1,
                        "Nine of ten people have a name that can be compared; the rules decide by names.",
                    ),
                    between(
                        "most_contacts_are_people",
                        "company_rate",
                        0,
                        0.8,
                        "A fifth or more of the contacts are people; companies are never matched.",
                    ),
                    between(
                        "names_are_no_addresses",
                        "address_for_name_rate",
                        0,
                        0.05,
                        "Hardly any name is an e-mail address: the columns were not mixed up.",
                    ),
                ),
            ),
        ),
    ),
    Suite(
        "contacts.addresses",
        (
            Batch(
                "outlines",
                """
                select outline(address) as address, outline(canonical_address) as canonical_address,
                    domain_class, source, count(*) as addresses_count
                from contacts.addresses
                group by all
                """,
                (
                    matching(
                        "addresses_look_like_addresses",
                        "address",
                        ADDRESS,
                        "Every address of the index, in outline, is one e-mail address; several in a cell were parted.",
                        "error",
                    ),
                    matching(
                        "canonical_addresses_look_like_addresses",
                        "canonical_address",
                        ADDRESS,
                        "So is what the mail provider makes of it.",
                        "error",
                    ),
                    one_of(
                        "domain_class_is_known",
                        "domain_class",
                        DOMAIN_CLASSES,
                        "Rules ask what kind of mail domain it is.",
                        "error",
                    ),
                    one_of(
                        "source_is_known",
                        "source",
                        ("crm", "address_book", "confirmed", "learned"),
                        "An address is said by a card, a book or a person's answer.",
                        "error",
                    ),
                ),
            ),
            Batch(
                "shares",
                """
                select
                    share_of(cards_count = 1) as distinct_rate,
                    share_of(domain_class = 'internal') as staff_rate
                from contacts.addresses
                """,
                (
                    between(
                        "addresses_name_somebody",
                        "distinct_rate",
                        0.6,
                        1,
                        "Three of five addresses stand on one card alone; others identify nobody, as a firm's own "
                        "address on every card does.",
                    ),
                    between(
                        "clients_are_not_staff",
                        "staff_rate",
                        0,
                        0.3,
                        "Fewer than a third of the addresses are of the firm's own domains; more, and "
                        "firm.internal_domains names a domain of clients, who are then never linked.",
                    ),
                ),
            ),
        ),
    ),
    Suite(
        "contacts.identities",
        (
            Batch(
                "outlines",
                """
                select domain_class, outline(phone) as phone, outline(canonical_address) as canonical_address,
                    count(*) as identities_count
                from contacts.identities
                group by all
                """,
                (
                    one_of(
                        "domain_class_is_known",
                        "domain_class",
                        DOMAIN_CLASSES,
                        "Rules ask what kind of mail domain it is.",
                        "error",
                    ),
                    matching(
                        "phones_are_international",
                        "phone",
                        r"^\+9{7,15}$",
                        "A telephone number, in outline, is in E.164, so that equal numbers are equal texts.",
                        "error",
                    ),
                    matching(
                        "canonical_addresses_look_like_addresses",
                        "canonical_address",
                        ADDRESS,
                        "What the mail provider makes of an address is one e-mail address.",
                    ),
                ),
            ),
            Batch(
                "numbers",
                """
                select epoch(first_seen_on) as first_seen, epoch(last_seen_on) as last_seen, meetings_count,
                    count(*) as identities_count
                from contacts.identities
                group by all
                """,
                (
                    not_before("seen_last_after_first", "last_seen", "first_seen", "Nobody is seen last before first."),
                    between(
                        "nobody_books_without_end",
                        "meetings_count",
                        0,
                        2000,
                        "Nearly nobody has thousands of meetings; whoever has is several people under one address.",
                        mostly=0.99,
                    ),
                ),
            ),
        ),
    ),
)
