-- Old answers are forgotten by age. Rows are written in the order of time, which is what a BRIN index is for: it costs the
-- commands next to nothing.
create index command_log_age on command_log using brin (done_at);
