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

ROLE_NAMES: dict[Role, tuple[str, str]] = {
    Role.CITIZEN: ("người dân", "citizen"),
    Role.VOLUNTEER: ("tình nguyện viên", "volunteer"),
    Role.LEAD: ("đội trưởng", "team lead"),
    Role.RECEIVING_OFFICER: ("cán bộ tiếp nhận", "receiving officer"),
    Role.SPECIALIST: ("chuyên viên", "specialist"),
    Role.LEADER: ("lãnh đạo", "leader"),
    Role.CENTRE_HEAD: ("trưởng trung tâm", "head of the centre"),
    Role.PROVINCE: ("cấp tỉnh", "province"),
    Role.ADMINISTRATOR: ("quản trị", "administrator"),
    Role.OPERATOR: ("vận hành", "operator"),
    Role.MINOR_VOLUNTEER: ("tình nguyện viên dưới 18 tuổi", "volunteer under 18"),
}
"""For people, in Vietnamese and English."""
