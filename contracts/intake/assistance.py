"""The words of assistance: whom a volunteer helped, with what, and what came of it.

All are closed lists, so that no visit can tell who somebody is. The eleven indicators are counted by campaign
reports; the official list was not found, so each says whether a source names it or it is inferred from the tasks seen.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

LanguageCode = Annotated[str, Field(pattern=r"^[a-z]{3}$", description="ISO 639-3, e.g. `khm` for Khmer")]


class AgeBand(StrEnum):
    """How old, as far as it can be seen; nobody is asked."""

    UNDER_18 = "under_18"
    FROM_18_TO_59 = "18_59"
    FROM_60_TO_74 = "60_74"
    FROM_75 = "75_plus"
    UNKNOWN = "unknown"


class Need(StrEnum):
    """Who comes first at a counter (Decree 118/2025 Art 13.2b), and who needs another language. None: none of these."""

    ELDERLY = "elderly"
    DISABLED = "disabled"
    PREGNANT = "pregnant"
    ETHNIC_MINORITY = "ethnic_minority"


class TaskGroup(StrEnum):
    """The three groups of work of a team."""

    SUPPORT_OFFICIALS = "support_officials"
    ONLINE_SERVICES = "online_services"
    DIGITAL_SKILLS = "digital_skills"


class Indicator(StrEnum):
    """What is counted. An e-ID of level 2 needs the police in person: volunteers guide to it, no more."""

    SKILLS_TAUGHT = "skills_taught"
    VNEID_LEVEL_1_GUIDED = "vneid_level_1_guided"
    VNEID_LEVEL_2_GUIDED = "vneid_level_2_guided"
    ONLINE_CASES_SUPPORTED = "online_cases_supported"
    PAYMENT_APP_INSTALLED = "payment_app_installed"
    HOUSEHOLDS_WITH_QR = "households_with_qr"
    DOCUMENTS_DIGITISED = "documents_digitised"
    RESULTS_LOOKED_UP = "results_looked_up"
    TEAMS_ACTIVE = "teams_active"
    CLASSES_HELD = "classes_held"
    MODELS_RUN = "models_run"


@dataclass(frozen=True, slots=True)
class Meaning:
    """An indicator for people: its names, the task group it mostly belongs to, and how sure it is."""

    vi: str
    en: str
    group: TaskGroup
    source: Literal["read", "inferred"]


_G = TaskGroup
INDICATORS: dict[Indicator, Meaning] = {
    Indicator.SKILLS_TAUGHT: Meaning(
        "Người được hướng dẫn kỹ năng số", "People given digital skills", _G.DIGITAL_SKILLS, "read"
    ),
    Indicator.VNEID_LEVEL_1_GUIDED: Meaning(
        "Hướng dẫn định danh mức 1", "Guided to an e-ID of level 1", _G.ONLINE_SERVICES, "inferred"
    ),
    Indicator.VNEID_LEVEL_2_GUIDED: Meaning(
        "Hướng dẫn định danh mức 2 (công an cấp)", "Guided to an e-ID of level 2", _G.ONLINE_SERVICES, "read"
    ),
    Indicator.ONLINE_CASES_SUPPORTED: Meaning(
        "Hồ sơ trực tuyến được hỗ trợ", "Online cases supported", _G.ONLINE_SERVICES, "read"
    ),
    Indicator.PAYMENT_APP_INSTALLED: Meaning(
        "Cài ứng dụng thanh toán", "Payment app installed", _G.ONLINE_SERVICES, "inferred"
    ),
    Indicator.HOUSEHOLDS_WITH_QR: Meaning("Hộ có mã QR", "Households with a QR code", _G.DIGITAL_SKILLS, "read"),
    Indicator.DOCUMENTS_DIGITISED: Meaning(
        "Giấy tờ được số hóa", "Documents digitised", _G.SUPPORT_OFFICIALS, "inferred"
    ),
    Indicator.RESULTS_LOOKED_UP: Meaning("Tra cứu kết quả", "Results looked up", _G.ONLINE_SERVICES, "inferred"),
    Indicator.TEAMS_ACTIVE: Meaning("Đội hình hoạt động", "Teams active", _G.DIGITAL_SKILLS, "read"),
    Indicator.CLASSES_HELD: Meaning("Lớp đã mở", "Classes held", _G.DIGITAL_SKILLS, "read"),
    Indicator.MODELS_RUN: Meaning("Mô hình đã triển khai", "Models run", _G.DIGITAL_SKILLS, "read"),
}


class VisitOutcome(StrEnum):
    """What came of it."""

    DONE = "done"
    REFERRED = "referred"
    NOT_DONE = "not_done"


class NotDoneReason(StrEnum):
    """Why nothing came of it."""

    PAPERS_MISSING = "papers_missing"
    NO_DEVICE = "no_device"
    NO_ACCOUNT = "no_account"
    SYSTEM_DOWN = "system_down"
    LANGUAGE = "language"
    NEEDS_POLICE = "needs_police"
    NEEDS_OFFICER = "needs_officer"
    GAVE_UP = "gave_up"
    OTHER = "other"


class VisitPlace(StrEnum):
    """Where it was."""

    CENTRE = "centre"
    HOME = "home"
    MOBILE_POINT = "mobile_point"


class RevokeReason(StrEnum):
    """Why a record is taken back."""

    MISTAKE = "mistake"
    DUPLICATE = "duplicate"
    TRAINING = "training"
