"""Ready-made redactors: functions from text to text, for `configure(redact=[...])`."""

import re

MASK = "[redacted]"

_SECRETS = re.compile(
    r"""(?x)
    \b(?:sk|pk|rk)[-_](?:live|test|proj|ant|or|lf)?[-_]?[A-Za-z0-9_-]{16,}   # provider keys
    | \bgh[pousr]_[A-Za-z0-9]{20,} | \bgithub_pat_\w{20,} | \bglpat-[\w-]{16,}
    | \bxox[abeprs]-[A-Za-z0-9-]{10,}                                        # Slack
    | \b(?:AKIA|ASIA)[A-Z0-9]{16}\b                                          # AWS
    | \bAIza[\w-]{30,}                                                       # Google
    | \bhf_[A-Za-z0-9]{20,}
    | \beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{5,}                                 # JSON web token
    | -----BEGIN\ [A-Z ]{0,20}PRIVATE\ KEY-----[^-]{1,8000}-----END\ [A-Z ]{0,20}KEY-----
    | (?<=://)[^\s:/@]{1,64}:[^\s:/@]{1,128}(?=@)                            # in a URL
    """
)
_NAMED = re.compile(
    r"""(?i)(["']?[\w-]{0,24}(?:password|passwd|secret|token|api[_-]?key|authorization|cookie)["']?"""
    r"""\s{0,4}[:=]\s{0,4}(?:bearer\s+|basic\s+)?)("[^"\n]{1,4096}"|'[^'\n]{1,4096}'|[^\s,;&"'}\]]{4,4096})"""
)
# Most texts have none of these, and are looked through in no time.
_HINT = re.compile(r"(?i)passw|secret|token|api.?key|authorization|cookie")
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_CARD = re.compile(r"(?<![\d.])\d(?:[ -]?\d){12,18}(?![\d.])")


def secrets(text: str) -> str:
    """Keys, tokens and passwords, by their looks and by the names before them."""
    if _HINT.search(text):
        text = _NAMED.sub(_masked, text)
    return _SECRETS.sub(MASK, text)


def emails(text: str) -> str:
    return _EMAIL.sub(MASK, text)


def cards(text: str) -> str:
    """Numbers of 13 to 19 digits whose check digit is right."""
    return _CARD.sub(lambda match: MASK if _is_card(match[0]) else match[0], text)


def _masked(match: re.Match[str]) -> str:
    quote = match[2][0] if match[2][0] in "\"'" else ""
    return f"{match[1]}{quote}{MASK}{quote}"


def _is_card(number: str) -> bool:
    digits = [int(digit) for digit in number if digit.isdigit()]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
