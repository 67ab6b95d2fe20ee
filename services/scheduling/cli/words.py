"""Rules and what breaks them in words, in both languages or in one."""

from dataclasses import dataclass
from datetime import timedelta

from contracts.scheduling.roster import HARD, LimitName, Match, RosterProblem, Rule

_RULES: dict[Rule | LimitName, tuple[str, str]] = {
    Rule.UNAVAILABLE: ("làm khi không thể có mặt", "works while unavailable"),
    Rule.FOLLOWED_BY: ("không được làm sau ca hôm trước", "may not follow the shift of the day before"),
    Rule.SAME_DAY: ("không đi cùng ca khác trong ngày", "does not go with another shift of the day"),
    Rule.MINIMUM: ("thiếu so với mức tối thiểu", "fewer people than the minimum"),
    Rule.MAXIMUM: ("vượt mức tối đa", "more people than the maximum"),
    Rule.UNDER_TARGET: ("ít người hơn mong muốn", "fewer people than wanted"),
    Rule.OVER_TARGET: ("nhiều người hơn mong muốn", "more people than wanted"),
    Rule.REQUEST: ("nguyện vọng không được đáp ứng", "a wish is not met"),
    Rule.PIN: ("ca đã ghim không được giữ", "a pinned shift is not kept"),
    Rule.CHANGE: ("khác lịch đã công bố", "differs from the published plan"),
    Rule.TOGETHER: ("không làm cùng nhau", "do not work together"),
    Rule.APART: ("làm cùng nhau", "work together, and should not"),
    Rule.ADULTS_WITH_MINORS: ("thiếu người lớn cùng ca với trẻ vị thành niên", "adults are lacking beside a minor"),
    Rule.FAIRNESS: ("nhiều ca hơn phần công bằng", "more shifts than the fair share"),
    LimitName.MIN_MINUTES: ("ít phút hơn mức tối thiểu", "fewer minutes than the minimum"),
    LimitName.MAX_MINUTES: ("nhiều phút hơn mức tối đa", "more minutes than the maximum"),
    LimitName.MAX_SHIFTS: ("quá số ca loại này", "too many of this shift"),
    LimitName.MAX_PER_WEEK: ("quá số ca trong tuần", "too many shifts in a week"),
    LimitName.MAX_CONSECUTIVE: ("quá nhiều ngày liên tiếp", "too many days in a row"),
    LimitName.MIN_CONSECUTIVE: ("quá ít ngày làm liên tiếp", "too few days in a row"),
    LimitName.MIN_CONSECUTIVE_OFF: ("quá ít ngày nghỉ liên tiếp", "too few days off in a row"),
    LimitName.MAX_WEEKENDS: ("quá số cuối tuần", "too many weekends"),
}
_DAYS = (("T2", "Mo"), ("T3", "Tu"), ("T4", "We"), ("T5", "Th"), ("T6", "Fr"), ("T7", "Sa"), ("CN", "Su"))


@dataclass(frozen=True, slots=True)
class Words:
    """`lang`: `vi`, `en`, or None for both."""

    problem: RosterProblem
    lang: str | None = None

    def both(self, vi: str, en: str) -> str:
        return {"vi": vi, "en": en}.get(self.lang or "", f"{vi} / {en}")

    def rule(self, rule: Rule | LimitName) -> str:
        return self.both(*_RULES[rule])

    def day(self, day: int) -> str:
        """`T2 02/03`."""
        date = self.problem.start + timedelta(days=day)
        return f"{self.weekday(day)} {date:%d/%m}"

    def weekday(self, day: int) -> str:
        return _DAYS[(self.problem.start.weekday() + day) % 7][self.lang == "en"]

    def match(self, match: Match) -> str:
        """`an · T2 02/03 · morning: … ×2, bắt buộc / hard`; what is soft with its cost."""
        people = " + ".join(each for each in (match.person, match.other) if each is not None)
        day = None if match.day is None else self.day(match.day)
        skill = None if match.skill is None else f"[{match.skill}]"
        place = " · ".join(each for each in (people, day, match.shift, skill) if each)
        times = f" ×{match.amount}" if match.amount != 1 else ""
        return f"{place}: {self.rule(match.rule)}{times}, {self.hardness(match)}"

    def hardness(self, match: Match) -> str:
        return self.both("bắt buộc", "hard") if match.hard else f"{match.cost:+,}"

    def cost(self, cost: int) -> str:
        """Hard units apart from wishes: `2 bắt buộc / hard + 130`."""
        hard, soft = divmod(abs(cost), HARD)
        sign = "-" if cost < 0 else ""
        return f"{sign}({hard} {self.both('bắt buộc', 'hard')} + {soft:,})" if hard else f"{sign}{soft:,}"


def hard_apart(cost: int) -> str:
    """The same for a table: `2h+130`."""
    hard, soft = divmod(cost, HARD)
    return f"{hard}h+{soft}" if hard else str(soft)
