-- Tables of this stage that Python loads.

-- What people decided, copied from the state store.
create table if not exists contacts.decisions (
    decision_id integer,
    kind varchar,
    canonical_address varchar,
    name_normalised varchar,
    contact_id varchar,
    decided_by varchar,
    decided_at timestamptz,
    reason varchar,
    rule_set_version varchar,
    rule varchar,  -- that the answered case came from; null: it came from none
    proposed_contact_id varchar,  -- what that rule proposed
    undoes integer
);

-- Telephone numbers as said -> E.164; null where it is no number of any country.
create table if not exists contacts.phone_numbers (
    said varchar,
    e164 varchar,
    read_by varchar  -- country that a number without a code is read as one of, and version of the numbering plans
);

-- rules.toml: one row of thresholds.
create table if not exists contacts.rule_set (
    rule_set_version varchar,
    surname_similarity double,
    first_name_similarity double,
    joined_letters integer,
    unspecific_names integer,
    crowded_cards integer,
    typo_edits integer,
    typo_edits_long integer,
    typo_long_from integer,
    typo_label_letters integer,
    review_agreements varchar[],
    company_question varchar,
    phone_question varchar,
    name_question varchar,
    candidates_shown integer,
    population_factor double,
    population_step double,
    first_name_floor double,
    surname_floor double,
    strangers_scale double,
    local_part_letters integer,
    distinct_letters integer,
    distinct_strangers double,
    punctuation_strangers double,
    near_address_edits integer,
    full_name_candidates integer,
    company_contacts integer,
    domain_cards integer,
    domain_share double,
    no_companies varchar[],
    largest_product bigint
);

-- rules.toml: one row per rule.
create table if not exists contacts.rules (
    rule varchar,
    tier varchar,
    decision varchar,
    score integer,
    strangers_below double,  -- null: whatever the name
    precision_floor double,  -- null: none is asked of it
    explanation varchar
);

-- lists/nicknames.csv
create table if not exists contacts.nicknames (
    name varchar,
    form varchar
);

-- lists/mail_domains.csv
create table if not exists contacts.mail_domains (
    domain varchar,
    class varchar,  -- freemail | relay | disposable | typo
    meant varchar  -- of a typo: the domain that was meant
);

-- lists/role_names.csv: local parts that name a desk, not a person
create table if not exists contacts.role_names (
    local_part varchar
);

-- lists/name_shares.csv: how many people of the United States bear a name (Census Bureau, 1990; public domain)
create table if not exists contacts.name_shares (
    part varchar,  -- first | last
    name varchar,
    share double  -- 0-1
);
