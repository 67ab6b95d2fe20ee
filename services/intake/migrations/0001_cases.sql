-- What was announced of the catalogue, so that each entry is told once and again only when it changes.
create table announced (
    entity      uuid  primary key,
    version     int   not null,
    fingerprint bytea not null
);

-- Cases as they stand; their history is the outbox.
create table cases (
    id               uuid        primary key,
    version          int         not null,
    state            text        not null check (state in ('submitted', 'accepted', 'completed', 'returned')),
    case_code        text        unique,
    receiving_unit   text        not null,
    deciding_unit    text        not null,
    province         text        not null,
    procedure        text        not null,
    field            text        not null,
    channel          text        not null,
    submitted_at     timestamptz not null,
    accepted_at      timestamptz,
    due_at           timestamptz,
    completed_at     timestamptz,
    returned_at      timestamptz,
    rule_version     text,
    calendar_version text,
    check (accepted_at is null = (case_code is null)),
    check (accepted_at is null = (due_at is null)),
    check (accepted_at >= submitted_at),
    check (completed_at >= accepted_at),
    check (returned_at >= completed_at)
);
create index cases_by_unit on cases (receiving_unit, state);
