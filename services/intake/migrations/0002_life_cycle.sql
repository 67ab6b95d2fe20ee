-- The whole life of a case (contracts/intake/lifecycle.py). What is kept are raw instants and intervals.
alter table cases
    drop constraint cases_state_check,
    drop constraint cases_check,
    drop constraint cases_case_code_key,
    add check (state in ('submitted', 'accepted', 'declined', 'in_progress', 'supplement_requested', 'awaiting_payment',
                         'withdrawn', 'stopped', 'completed', 'returned')),
    add column moved_at         timestamptz not null default now(),
    add column act_by           timestamptz,
    add column applicant        uuid,
    add column clock_started_at timestamptz,
    add column first_due_at     timestamptz,
    add column started_at       timestamptz,
    add column extended_at      timestamptz,
    add column new_due_at       timestamptz,
    add column ended_at         timestamptz,
    add column outcome          text check (outcome in ('granted', 'refused')),
    add column stop_cause       text,
    add column resumes          text,
    add column waits            jsonb not null default '[]';

update cases set
    moved_at = coalesce(returned_at, completed_at, accepted_at, submitted_at),
    act_by = case when state = 'accepted' then due_at end,
    clock_started_at = accepted_at,
    first_due_at = due_at,
    outcome = case when completed_at is not null then 'granted' end;

alter table cases
    alter column moved_at drop default,
    add column queue_at timestamptz not null generated always as (coalesce(act_by, moved_at)) stored,
    -- What has a limit comes first, then work without one; a result that waits to be picked up is nobody's delay.
    add column queue_rank smallint not null generated always as (
        case when act_by is not null then 0 when state <> 'completed' then 1 else 2 end
    ) stored,
    add check (accepted_at is null or case_code is not null),
    add check (accepted_at is null = (clock_started_at is null)),
    add check (clock_started_at >= accepted_at),
    add check (completed_at is null = (outcome is null)),
    add check (ended_at is null = (state not in ('declined', 'withdrawn', 'stopped')));

-- A code is looked up whole and by how it begins; `text_pattern_ops` serves both, whatever the database's collation.
create unique index cases_case_code on cases (case_code text_pattern_ops);

-- Inboxes: what waits for somebody, by its state, in the order in which it has to be done. Finished cases
-- are in none, unless an error in their result is to be corrected.
create index cases_inbox_receiving on cases (receiving_unit, state, queue_rank, queue_at, id)
    where (act_by is not null or state not in ('declined', 'withdrawn', 'stopped', 'returned'));
create index cases_inbox_deciding on cases (deciding_unit, state, queue_rank, queue_at, id)
    where (act_by is not null or state not in ('declined', 'withdrawn', 'stopped', 'returned'));
create index cases_inbox_province on cases (province, state, queue_rank, queue_at, id)
    where (act_by is not null or state not in ('declined', 'withdrawn', 'stopped', 'returned'));
-- The last digits of a code are what people read out at the counter.
create index cases_code_backwards on cases (reverse(case_code) text_pattern_ops)
    where (act_by is not null or state not in ('declined', 'withdrawn', 'stopped', 'returned'));
create index cases_of_applicant on cases (applicant, procedure, receiving_unit, submitted_at) where applicant is not null;

-- The last serial that intake gave for an agency's day (Decree 118/2025 Art 28).
create table case_serial (
    agency text not null,
    day    date not null,
    last   int  not null,
    primary key (agency, day)
);

-- What was said in words with a move: for the citizen's papers and the audit. No event carries it.
create table case_note (
    case_id uuid   not null references cases,
    version int    not null,
    reason  text   not null,
    items   text[] not null default '{}',
    primary key (case_id, version)
);
