"""Errors as ClickHouse's HTTP interface reports them, with a code, a text and a status."""

import re

STATUS = {
    27: 400, 26: 400, 33: 400, 36: 400, 38: 400, 41: 400, 43: 400, 53: 400, 62: 400, 69: 400,
    70: 400, 72: 400, 117: 400, 130: 400, 131: 400, 386: 400, 456: 400, 457: 400, 636: 400,
    42: 400, 46: 404, 47: 404, 50: 404, 56: 404, 60: 404, 63: 404, 73: 404, 81: 404, 115: 404,
    159: 408, 202: 503, 210: 503, 236: 503, 242: 503, 48: 501, 194: 401, 497: 403, 516: 403,
}  # fmt: skip

_CODE = re.compile(r"Code: (\d+)\. ")
_DOUBLED = re.compile(r"^(?:Code: \d+\. DB::Exception: )+(?=Code: \d+\. )")


class Fault(Exception):
    """An error for the client; `code` is ClickHouse's, and the HTTP status follows from it."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def status(self) -> int:
        return STATUS.get(self.code, 500)

    @property
    def text(self) -> str:
        if self.message.startswith("Code: "):
            return self.message
        return f"Code: {self.code}. DB::Exception: {self.message}"


def fault(message: str) -> Fault:
    """Make a fault from the engine's text, whose innermost code is the cause."""
    start = message.find("Code: ")
    text = _DOUBLED.sub("", message[max(start, 0) :])
    code = _CODE.match(text)
    return Fault(int(code[1]) if code else 1002, text)
