"""Who acts. Commands name the role of their actor; `topology` says which roles may send which command."""

from enum import StrEnum


class Role(StrEnum):
    """Roles of people and programs, after Decree 118/2025 Art 10.3b (who works at a commune's centre).

    Volunteers and leads guide and record; they never receive, decide, refuse or set dates.
    """

    CITIZEN = "citizen"
    VOLUNTEER = "volunteer"
    LEAD = "lead"
    RECEIVING_OFFICER = "receiving_officer"
    SPECIALIST = "specialist"
    LEADER = "leader"
    CENTRE_HEAD = "centre_head"
    PROVINCE = "province"
    ADMINISTRATOR = "administrator"
    OPERATOR = "operator"
    MINOR_VOLUNTEER = "minor_volunteer"
    """A volunteer under 18: helps and records, and neither sees nor names a case."""


OFFICERS = frozenset({Role.RECEIVING_OFFICER, Role.SPECIALIST, Role.LEADER, Role.CENTRE_HEAD})
