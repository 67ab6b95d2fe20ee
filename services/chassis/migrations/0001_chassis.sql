-- Tables that every service has. The service's role may only INSERT into the outbox; publishing belongs to the relay's role.

-- The service's log of events, and their way to the stream. Kept after publishing: a wiped stream is filled again from here.
-- `payload` is text, not jsonb: what was signed off in the transaction is published byte for byte.
create table outbox (
    id           bigint generated always as identity primary key,
    event_id     uuid        not null,
    entity       uuid        not null,
    version      int         not null check (version > 0),
    subject      text        not null,
    payload      text        not null,
    created_at   timestamptz not null default now(),
    publication  int         not null default 0,   -- how often it was published again; part of Nats-Msg-Id
    published_at timestamptz,
    generation   timestamptz,                      -- when the stream that acknowledged it was created
    stream_seq   bigint,
    unique (entity, version)                       -- two writers of one entity: one winner
);
create index outbox_pending on outbox (id) where published_at is null;

-- Which generation of the stream the relay last saw.
create table relay_state (
    only_row   boolean primary key default true check (only_row),
    generation timestamptz not null,
    last_seq   bigint not null      -- the highest sequence it acknowledged; a stream behind it has lost events
);

-- How far each entity of another owner has taken effect here. Events take effect in order of version.
create table gate (
    owner   text not null,
    entity  uuid not null,
    version int  not null check (version >= 0),
    primary key (owner, entity)
);

-- Events that came before their predecessor.
create table parked (
    owner     text        not null,
    entity    uuid        not null,
    version   int         not null,
    subject   text        not null,
    payload   text        not null,
    parked_at timestamptz not null default now(),
    primary key (owner, entity, version)
);

-- For consumers that take only some of an entity's events and therefore cannot use the gate.
create table inbox (
    owner      text        not null,
    event_id   uuid        not null,
    applied_at timestamptz not null default now(),
    primary key (owner, event_id)
);

-- Messages that cannot take effect. `fingerprint` makes the same message, delivered again, the same letter.
create table dead_letter (
    id               uuid        primary key,
    owner            text        not null,
    fingerprint      bytea       not null,
    subject          text        not null,
    event_id         uuid,
    entity           uuid,
    version          int,
    payload          bytea       not null,
    original_payload bytea,
    error            text        not null,
    tries            int         not null default 1,
    status           text        not null default 'dead' check (status in ('dead', 'applied', 'discarded')),
    note             text,
    died_at          timestamptz not null default now(),
    settled_at       timestamptz,
    unique (owner, fingerprint)
);
create index dead_letter_open on dead_letter (died_at) where status = 'dead';

-- The first answer to each command. `fingerprint` tells a repetition from another command under the same id.
create table command_log (
    id          uuid        primary key,
    name        text        not null,
    fingerprint bytea       not null,
    reply       text        not null,
    done_at     timestamptz not null default now()
);
