"""What click itself says of a wrong call, Vietnamese first; what our own commands say is in both languages already.

By the words: not all that click says has a class of its own. What is not in the table stays as it is.
"""

import re

import click

_QUOTED = r"['\"](?P<a>.*?)['\"]"
_WORDS = tuple(
    (re.compile(pattern, re.DOTALL), vi)
    for pattern, vi in (
        (rf"No such command {_QUOTED}\.", "không có lệnh “{a}”"),
        (rf"No such option {_QUOTED}\.", "không có tùy chọn {a}"),
        (rf"Missing option {_QUOTED}\.", "thiếu tùy chọn {a}"),
        (rf"Missing argument {_QUOTED}\.", "thiếu tham số {a}"),
        (r"Missing command\.", "thiếu tên lệnh con"),
        (rf"Option {_QUOTED} requires an argument\.", "tùy chọn {a} cần một giá trị"),
        (rf"Option {_QUOTED} does not take a value\.", "tùy chọn {a} không nhận giá trị"),
        (r"Got unexpected extra arguments? \((?P<a>.*?)\)", "thừa tham số: {a}"),
        (rf"{_QUOTED} is not (?:one of )?(?P<b>['\"].*)\.", "“{a}” không thuộc {b}"),
        (rf"{_QUOTED} does not match the formats? (?P<b>.*)\.", "“{a}” không theo dạng {b}"),
        (rf"{_QUOTED} is not a valid integer(?: range)?\.", "“{a}” không phải số nguyên"),
        (rf"{_QUOTED} is not a valid float(?: range)?\.", "“{a}” không phải số"),
        (rf"{_QUOTED} is not a valid UUID\.", "“{a}” không phải UUID"),
        (r"(?P<a>\S+) is not in the range (?P<b>.*)\.", "{a} nằm ngoài khoảng {b}"),
        (rf"(?:File|Path) {_QUOTED} does not exist\.", "không có tệp {a}"),
        (rf"Directory {_QUOTED} does not exist\.", "không có thư mục {a}"),
        (rf"File {_QUOTED} is a directory\.", "{a} là thư mục, không phải tệp"),
        (rf"Directory {_QUOTED} is a file\.", "{a} là tệp, không phải thư mục"),
        (rf"\w+ {_QUOTED} is not readable\.", "không đọc được {a}"),
        (rf"\w+ {_QUOTED} is not writable\.", "không ghi được {a}"),
    )
)
_VALUE = re.compile(r"Invalid value(?: for (?P<where>.*?))?: (?P<rest>.*)", re.DOTALL)


def told(error: click.UsageError) -> str:
    """What was wrong, for people to read; what click says of it in English follows the Vietnamese."""
    en = error.format_message()
    vi = _in_vietnamese(en)
    return f"{vi} / {en}" if vi else en


def _in_vietnamese(en: str) -> str | None:
    if wrong := _VALUE.fullmatch(en):
        rest = _in_vietnamese(wrong["rest"])
        where = (wrong["where"] or "").replace("'", "")
        return f"giá trị của {where}: {rest}" if rest and where else rest
    for pattern, vi in _WORDS:
        if found := pattern.match(en):
            return vi.format(**found.groupdict())
    return None
