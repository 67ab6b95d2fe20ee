"""The words that intake's messages share."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

UnitCode = Annotated[str, Field(pattern=r"^(\d{2}|\d{5})$", description="province (2 digits) or commune (5 digits)")]
CommuneCode = Annotated[str, Field(pattern=r"^\d{5}$")]
ProvinceCode = Annotated[str, Field(pattern=r"^\d{2}$")]
ProcedureCode = Annotated[str, Field(pattern=r"^\d\.\d{6}(\.\d{3}\.\d{2}\.\d{2}\.H\d{2})?$")]
CaseCode = Annotated[
    str,
    Field(
        pattern=r"^H\d{2}(\.\d{2,3}){0,3}-\d{6}-\d{4,7}$",
        description="deciding agency, day (yymmdd), serial of the day: Decree 118/2025 Art 28",
    ),
]


class Channel(StrEnum):
    """How a case came in."""

    DIRECT = "direct"
    ONLINE = "online"
    POST = "post"


class UnitKind(StrEnum):
    """Kinds of administrative unit since 1 July 2025."""

    PROVINCE = "province"
    CITY = "city"
    COMMUNE = "commune"
    WARD = "ward"
    SPECIAL_ZONE = "special_zone"


class CaseState(StrEnum):
    """Where a case stands."""

    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    COMPLETED = "completed"
    RETURNED = "returned"
