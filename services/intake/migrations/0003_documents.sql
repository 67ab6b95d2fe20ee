-- Fees of cases, and slips for those paid. A slip's numbers are gapless for each unit and year: the counter's row is
-- locked from the number's allocation until the commit, so that a roll-back gives the number back.
create table receipt_counter (
    unit text not null,
    year int  not null,
    last int  not null,
    primary key (unit, year)
);

create table fee (
    id             uuid        primary key,
    case_id        uuid        not null references cases (id),
    unit           text        not null,
    amount_vnd     bigint      not null check (amount_vnd > 0),
    reason         text        not null,
    asked_at       timestamptz not null,
    asked_by       text        not null,
    paid_at        timestamptz,
    method         text        check (method in ('cash', 'transfer', 'portal', 'pos')),
    reference      text        not null default '',
    receipt_year   int,
    receipt_serial int,
    recorded_by    text,
    waived_at      timestamptz,
    waived_by      text,
    waive_reason   text,
    unique (unit, receipt_year, receipt_serial),
    check ((paid_at is null) = (method is null) and (paid_at is null) = (receipt_serial is null)),
    check ((paid_at is null) = (receipt_year is null) and (paid_at is null) = (recorded_by is null)),
    check ((waived_at is null) = (waived_by is null) and (waived_at is null) = (waive_reason is null)),
    check (paid_at is null or waived_at is null)
);
create index fee_by_case on fee (case_id, asked_at);

-- Attachments: what is known of them. The files lie outside the database, encrypted under `wrapped_key` as their names
-- are here, by the digest of their stored bytes. `content_mac` is a keyed digest of the plain content: equal papers of a case are told apart
-- from new ones, and nobody can look a known paper up. While pieces arrive, there is no stored file yet.
create table attachment (
    id            uuid        primary key,
    case_id       uuid        not null references cases (id),
    sealed_name   bytea       not null,
    media_type    text        not null,
    kind          text        not null,
    size          bigint      not null check (size > 0),
    received      bigint      not null default 0 check (received between 0 and size),
    content_mac   bytea,                            -- null: whoever's case it is was erased
    wrapped_key   bytea       not null,
    stored_sha256 text        unique,
    digitised_by  text        not null,
    begun_at      timestamptz not null,
    kept_at       timestamptz,
    removed_at    timestamptz,
    removed_by    text,
    check ((kept_at is null) = (stored_sha256 is null)),
    check ((removed_at is null) = (removed_by is null))
);
create unique index attachment_content on attachment (case_id, content_mac)
    where kept_at is not null and removed_at is null;
create index attachment_unfinished on attachment (begun_at) where kept_at is null;

-- The register of a unit is read by the day of acceptance.
create index cases_register on cases (receiving_unit, accepted_at);
