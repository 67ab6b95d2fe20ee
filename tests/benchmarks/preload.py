"""Many cases, made by multiplying those present: in SQL, because importing a million takes a quarter of an hour.

All tables that grow with cases grow alike: cases, log, gate, projection, each with its indexes. The stream does not:
JetStream keeps no index over messages that a batch would have to search.
"""

from dataclasses import fields

from services.intake.domain.cases import Case
from services.operations.embedded.stack import Stack
from tests.support.stack import database

_SERIES = 10_000_000  # case codes of copies have eight digits where real ones have four to seven

_COPIED = ", ".join(field.name for field in fields(Case) if field.compare)
_INTAKE = f"""
    insert into cases ({_COPIED}) select {", ".join(f"(copy).{name}" for name in _COPIED.split(", "))}
    from (select json_populate_record(original, json_build_object(
              'id', md5(c.id::text || k)::uuid,
              'case_code', split_part(c.case_code, '-', 1) || '-250630-' || ($2 + k * 100000 + c.n)
          )) as copy
          from (select id, case_code, row_number() over (order by id) as n from cases) c
          join cases original using (id), generate_series(1, $1::int) k
          offset 0) as copies
"""
_OUTBOX = """
    insert into outbox (event_id, entity, version, subject, payload, created_at, published_at, generation, stream_seq)
    select md5(event_id::text || k)::uuid, md5(entity::text || k)::uuid, version, subject, payload, created_at,
           published_at, generation, stream_seq
    from (select * from outbox where subject like 'evt.intake.case.%') o, generate_series(1, $1::int) k
"""
_GATE = """
    insert into gate select owner, md5(entity::text || k)::uuid, version from gate, generate_series(1, $1::int) k
    where entity in (select case_id from case_fact)
"""
_FACTS = """
    insert into case_fact select (json_populate_record(
        f, json_build_object('case_id', md5(case_id::text || k)::uuid)
    )).*
    from case_fact f, generate_series(1, $1::int) k
"""


async def multiply(stack: Stack, times: int) -> int:
    """Adds `times` copies of every case; how many cases there are then."""
    async with database(stack, "intake") as intake, database(stack, "reporting") as reporting:
        await intake.execute(_INTAKE, times, _SERIES, timeout=1800)
        await intake.execute(_OUTBOX, times, timeout=1800)
        await reporting.execute(_GATE, times, timeout=1800)  # before the facts: it chooses by them
        await reporting.execute(_FACTS, times, timeout=1800)
        for connection in (intake, reporting):
            await connection.execute("vacuum analyze", timeout=1800)
            await connection.execute("checkpoint", timeout=600)
        return int(await intake.fetchval("select count(*) from cases"))
