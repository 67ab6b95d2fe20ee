-- Whose cases these are. `sealed` is the details under the person's own key, which `wrapped_key` holds under the master
-- key `key_id`. Erased: the key and what it opened are gone, and the row says when.
create table person (
    id          uuid        primary key,
    version     int         not null,
    key_id      text        not null,
    wrapped_key bytea,
    sealed      bytea,
    told_at     timestamptz not null,               -- when what is sealed was last told: newer counts
    created_at  timestamptz not null default now(),
    erased_at   timestamptz,
    check (wrapped_key is null = (erased_at is not null)),
    check (sealed is null = (erased_at is not null))
);
create index person_by_key on person (key_id) where wrapped_key is not null;

-- What people are searched by: keyed hashes of the identity number, the phone number, the name with the birth date. An
-- identity number is one person's; that also decides between two who register it at once.
create table person_hash (
    person uuid  not null,
    kind   text  not null check (kind in ('id', 'phone', 'name-birth')),
    hash   bytea not null,
    primary key (person, kind)
);
create unique index person_hash_id on person_hash (hash) where kind = 'id';
create index person_hash_search on person_hash (hash) where kind <> 'id';

-- Tells the search key by which all these hashes were made.
create table search_key (
    only_row  boolean primary key default true check (only_row),
    key_check bytea   not null
);

-- Who did what, in a chain for each entity: `hash` covers `previous` and everything else.
create table audit (
    entity       uuid        not null,
    number       int         not null check (number > 0),
    at           timestamptz not null,              -- when the transaction began
    actor        text        not null,
    role         text        not null,
    action       text        not null,
    command_id   uuid        not null,
    from_version int         not null,
    to_version   int         not null,
    from_state   text        not null,
    to_state     text        not null,
    reason       text,
    events       int         not null,
    digest       bytea       not null,
    previous     bytea       not null,
    hash         bytea       not null,
    primary key (entity, number)
);
comment on table audit is 'append-only: the service may add and read, nobody who logs in may change';
create index audit_at on audit using brin (at) with (autosummarize = on);

-- Each finished day, sealed: `root` runs over the day's entries from the root of the day before.
create table audit_root (
    number     int         primary key check (number > 0),
    day        date        not null unique,
    entries    bigint      not null,
    root       bytea       not null,
    previous   bytea       not null,
    signature  bytea       not null,
    public_key bytea       not null,
    sealed_at  timestamptz not null default now()
);
comment on table audit_root is 'append-only: the service may add and read, nobody who logs in may change';

-- When the audit began. The days from then on are sealed, also those without an entry.
create table audit_begin (
    only_row boolean     primary key default true check (only_row),
    at       timestamptz not null default now()
);
insert into audit_begin default values;
comment on table audit_begin is 'append-only: set once';
