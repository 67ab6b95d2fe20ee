-- Reference data that administrators edit: each kind is one document, in versions.
create table reference_document (
    kind         text        not null,
    version      int         not null check (version > 0),
    status       text        not null check (status in ('draft', 'published', 'superseded', 'withdrawn')),
    content      text        not null,
    sha256       text        not null,
    note         text        not null,
    base         int,
    created_by   text        not null,
    created_at   timestamptz not null,
    published_by text,
    published_at timestamptz,
    primary key (kind, version),
    check ((status in ('published', 'superseded')) = (published_at is not null)),
    check ((published_at is null) = (published_by is null))
);
create unique index reference_document_in_force on reference_document (kind) where status = 'published';

-- Counts publications, of whatever kind: every replica looks here, and reads the documents only if it has moved.
create table reference_state (
    one     bool primary key default true check (one),
    version int  not null
);
insert into reference_state (version) values (0);

-- The state for a transaction that decides by it. Whoever publishes waits for those that decide by what was in force
-- before, and whoever comes later sees what was published: no case is decided by reference data of the past and saved
-- after it. A function, so that the lock is held before the statement that reads begins.
create function reference_state_held() returns int language plpgsql volatile as $$
begin
    perform pg_advisory_xact_lock_shared(1919247214);
    return (select version from reference_state);
end
$$;

-- Runs over the open cases, then the open complaints, after a calendar was published. `cursor`: the last one looked at;
-- `limits`: of each kind that moved how many, and how many of these had passed when the calendar was published.
create table deadline_recompute (
    id           uuid        primary key,
    reason_vi    text        not null,
    reason_en    text        not null,
    requested_by text        not null,
    requested_at timestamptz not null,
    open_cases   bigint,
    cursor       uuid        not null default '00000000-0000-0000-0000-000000000000',
    cases_done   bool        not null default false,
    limits       jsonb       not null default '{}',
    looked       bigint      not null default 0,
    moved        bigint      not null default 0,
    done_at      timestamptz
);
create index deadline_recompute_to_do on deadline_recompute (requested_at, id) where done_at is null;

-- What a run moved; `entity` is a case or a complaint, `kind` the limit of it.
create table deadline_move (
    recompute        uuid        not null references deadline_recompute,
    entity           uuid        not null,
    kind             text        not null,
    old_by           timestamptz not null,
    by               timestamptz not null,
    calendar_version text        not null,
    was_overdue      bool        not null,
    primary key (recompute, entity, kind)
);

create index cases_with_a_limit on cases (id) where act_by is not null;
create index cases_closed on cases (receiving_unit, completed_at)
    where state in ('completed', 'returned', 'declined', 'withdrawn', 'stopped');
