"""What intake tells of its audit."""

from datetime import date

from pydantic import Field

from contracts.envelope import Message

Hex32 = Field(pattern=r"^[0-9a-f]{64}$")


class AuditSealed(Message):
    """A day of the audit is sealed: whoever keeps this notices what is changed in it later.

    `number` counts the days from 1. `root` runs over the hashes of the day's entries from `previous`, the root of the
    day before. `signature`: Ed25519, in hexadecimal, over
    `tiepsuc/audit/root/1|number|day|entries|root|previous` in UTF-8.
    """

    number: int = Field(ge=1)
    day: date
    entries: int = Field(ge=0)
    root: str = Hex32
    previous: str = Hex32
    signature: str = Field(pattern=r"^[0-9a-f]{128}$")
    public_key: str = Hex32
