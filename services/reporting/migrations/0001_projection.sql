-- Read models fed by intake's events.
create table unit (
    code     text primary key,
    name     text not null,
    kind     text not null,
    province text not null
);
create table procedure (
    code       text primary key,
    name       text not null,
    field      text not null,
    field_name text not null
);
create table case_fact (
    case_id       uuid primary key,
    unit          text not null,          -- the receiving unit
    province      text not null,
    procedure     text not null,
    field         text not null,
    channel       text not null,
    state         text not null,
    submitted_at  timestamptz,
    accepted_at   timestamptz,
    due_at        timestamptz,
    completed_at  timestamptz,
    returned_at   timestamptz
);
create index case_fact_window on case_fact (unit, accepted_at) include (completed_at, due_at, channel, field);
create index case_fact_province on case_fact (province, accepted_at);

-- How the form is read: versioned data, named on the form.
create table reading (
    version        text primary key,
    effective_from date not null,
    comparison     text not null check (comparison in ('instant', 'date')),
    text_vi        text not null,
    text_en        text not null
);
insert into reading values (
    'II.06a/2025-07-01', '2025-07-01', 'instant',
    'Tính từ lúc tiếp nhận tại đơn vị tiếp nhận; trước hạn: thời điểm có kết quả sớm hơn thời điểm hẹn trả.',
    'Counted from acceptance at the receiving unit; early: the result''s instant is before the due instant.'
);
