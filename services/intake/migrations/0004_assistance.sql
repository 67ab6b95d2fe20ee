-- Visits in which somebody was helped. No identity, and no free text that could hold one.
create table visits (
    id          uuid        primary key,
    version     int         not null,
    unit        text        not null,
    province    text        not null,
    recorded_by text        not null,
    recorded_at timestamptz not null,
    team_id     uuid,
    at          timestamptz not null,
    age_band    text        not null,
    needs       text[]      not null,
    language    text,
    task_group  text        not null,
    indicators  text[]      not null,
    amounts     int[]       not null,
    outcome     text        not null,
    reason      text,
    minutes     int         not null check (minutes between 1 and 480),
    place       text        not null,
    case_id     uuid        references cases (id),
    counts_case boolean     not null,
    revoked_at  timestamptz,
    check (cardinality(indicators) = cardinality(amounts)),
    check ((outcome = 'not_done') = (reason is not null))
);
create index visits_by_unit on visits (unit, at, id);
create index visits_by_province on visits (province, at);
create index visits_by_time on visits (at);
create index visits_by_case on visits (case_id) where case_id is not null;
-- Of the visits that supported one case, one counts.
create unique index visits_case_counts_once on visits (case_id)
    where case_id is not null and counts_case and revoked_at is null and 'online_cases_supported' = any(indicators);

-- The last number of a series on one day.
create table queue_series (
    unit   text not null,
    day    date not null,
    series text not null check (series in ('A', 'U')),
    last   int  not null,
    primary key (unit, day, series)
);

-- Numbers at the counters. `rank_at` is what the queue is ordered by, see services/intake/domain/queue.py.
create table tickets (
    id             uuid        primary key,
    version        int         not null,
    unit           text        not null,
    province       text        not null,
    day            date        not null,
    series         text        not null check (series in ('A', 'U')),
    serial         int         not null,
    purpose        text        not null,
    state          text        not null check (state in ('waiting', 'called', 'serving', 'done', 'no_show', 'left', 'expired')),
    issued_at      timestamptz not null,
    rank_at        timestamptz not null,
    long_at        timestamptz not null,
    told_long      boolean     not null,
    counter        int,
    times_called   int         not null,
    first_called_at timestamptz,
    last_called_at timestamptz,
    started_at     timestamptz,
    ended_at       timestamptz,
    unique (unit, day, series, serial),
    check ((state in ('called', 'serving')) <= (counter is not null))
);
create index tickets_waiting on tickets (unit, day, rank_at, series desc, serial) where state = 'waiting';
create unique index tickets_one_at_a_counter on tickets (unit, counter) where state in ('called', 'serving');
create index tickets_untold on tickets (long_at) where state = 'waiting' and not told_long;
create index tickets_open on tickets (day) where state in ('waiting', 'called', 'serving');
create index tickets_served on tickets (unit, day, ended_at) where state = 'done';

-- One rating of a case's result; its id follows from the case's.
create table ratings (
    id             uuid        primary key,
    version        int         not null,
    case_id        uuid        not null unique references cases (id),
    receiving_unit text        not null,
    deciding_unit  text        not null,
    province       text        not null,
    procedure      text        not null,
    field          text        not null,
    answer         text        not null check (answer in ('satisfied', 'neutral', 'dissatisfied')),
    reason         text,
    rated_at       timestamptz not null,
    changed_at     timestamptz not null
);
create index ratings_by_unit on ratings (receiving_unit, rated_at);
create index ratings_by_province on ratings (province, rated_at);

-- Complaints: categories only. `about_actor` is an account's id and never leaves this table; `filed_by` is one, too, and
-- stands in the audit of the case besides, where the complaint is about one.
create table complaints (
    id              uuid        primary key,
    version         int         not null,
    state           text        not null check (state in ('filed', 'acknowledged', 'answered', 'closed', 'withdrawn')),
    unit            text        not null,
    province        text        not null,
    subject         text        not null,
    reason          text        not null,
    case_id         uuid        references cases (id),
    procedure       text,
    field           text,
    filed_by        text        not null,
    about_actor     text,
    filed_at        timestamptz not null,
    acknowledge_by  timestamptz not null,
    answer_by       timestamptz not null,
    acknowledge_days int        not null,
    answer_days     int         not null,
    acknowledged_at timestamptz,
    answered_at     timestamptz,
    outcome         text,
    ended_at        timestamptz,
    check ((subject = 'case') = (case_id is not null)),
    check ((outcome is null) = (answered_at is null))
);
create index complaints_by_unit on complaints (unit, filed_at, id);
create index complaints_open on complaints (unit, filed_at, id) where state in ('filed', 'acknowledged', 'answered');
create index complaints_with_a_limit on complaints (id) where state in ('filed', 'acknowledged');
create index complaints_by_province on complaints (province, filed_at);
