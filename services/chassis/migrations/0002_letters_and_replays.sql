-- A parked row with `skip` holds the place of an event that was discarded before its turn came: the gate counts it, and
-- it has no effect. Its payload is shown to nobody.
alter table parked add column skip boolean not null default false;

-- Every batch asks whether what it applied was a dead letter; this keeps the question at a few microseconds.
create index dead_letter_open_event on dead_letter (event_id) where status = 'dead';

-- The log published again by command. The relay sets events pending piece by piece, whenever nothing else is, so that a
-- replay never stands before fresh events for long. `id` is the command's: a repeated command replays once.
create table replay (
    id           uuid        primary key,
    entity       uuid,
    since        timestamptz,                   -- only events created after it
    up_to        bigint      not null,          -- the last outbox id it takes
    after        bigint      not null default 0,
    events       bigint      not null,          -- how many there were to publish when it was asked for
    set_pending  bigint      not null default 0,
    requested_at timestamptz not null default now(),
    done_at      timestamptz
);
create index replay_open on replay (requested_at) where done_at is null;
