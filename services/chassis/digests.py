"""A row as one number, computed in the database: how two services find out whether their copies of a thing agree.

Of the binary forms, which no setting (time zone, style of dates) and no version of PostgreSQL changes; `md5` gives the
same everywhere, where PostgreSQL's own hash functions may differ from one major version or machine to another. It
guards against mistakes, not against forgers: whoever can change a row can have its digest made anew. Digests of many
rows are put together by `bit_xor`, in any order and without memory; as each holds the row's id, none cancels another.
"""

from collections.abc import Sequence

_NEVER = r"'\xffffffffffffffff'::bytea"
"""In place of an instant that is not there, of the same length; as an instant it would be a microsecond before 2000."""


def row_digest(key: str, texts: Sequence[str], instants: Sequence[str]) -> str:
    """SQL for a row's digest, a bigint: of a uuid, of codes (never null, without `|`), and of instants or nulls."""
    parts = [
        f"uuid_send({key})",
        f"convert_to(concat_ws('|', {', '.join(texts)}), 'UTF8')",
        *(f"coalesce(timestamptz_send({instant}), {_NEVER})" for instant in instants),
    ]
    return f"('x' || left(md5({' || '.join(parts)}), 16))::bit(64)::bigint"


def counts_by_unit(table: str, unit: str, digest: str) -> str:
    """SQL for how many rows there are by unit and state, and their digest: of the next `$2` units behind `$1`.

    The units are walked to by the index, and only their rows are read: however many there are, a look is short.
    """
    return f"""
        with recursive walked(unit, n) as (
            select min({unit}), 1 from {table} where {unit} > $1
            union all
            select (select min({unit}) from {table} where {unit} > walked.unit), n + 1
            from walked where unit is not null and n < $2
        )
        select unit, state, cases, digest from walked, lateral (
            select state, count(*) as cases, bit_xor({digest}) as digest
            from {table} where {table}.{unit} = walked.unit group by state
        ) counted order by unit, state
    """
