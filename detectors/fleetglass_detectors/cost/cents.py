"""Rounds amounts for printing, so that they still add up."""

from collections.abc import Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal, localcontext

# Dollars have twelve decimals in the store, and a database sums them in 38 digits.
PRECISION = 60


def rounded(amounts: Sequence[Decimal], *, digits: int = 2) -> list[Decimal]:
    """Round each amount up or down, so that all add up to the rounded sum (largest remainder).

    >>> [str(cents) for cents in rounded([Decimal("0.334"), Decimal("0.333"), Decimal("0.333")])]
    ['0.34', '0.33', '0.33']
    """
    unit = Decimal(1).scaleb(-digits)
    with localcontext(prec=PRECISION):
        total = sum(amounts, Decimal()).quantize(unit, ROUND_HALF_EVEN)
        floors = [amount.quantize(unit, ROUND_FLOOR) for amount in amounts]
        missing = int((total - sum(floors, Decimal())) / unit)
        by_remainder = sorted(
            range(len(amounts)), key=lambda at: amounts[at] - floors[at], reverse=True
        )
        for at in by_remainder[:missing]:
            floors[at] += unit
    return floors


def money(amount: Decimal, *, digits: int = 2, sign: bool = False) -> str:
    """Return dollars as people write them.

    >>> money(Decimal("-1234.5")), money(Decimal("0.8"), sign=True)
    ('-$1,234.50', '+$0.80')
    """
    mark = "-" if amount < 0 else "+" if sign and amount > 0 else ""
    return f"{mark}${abs(amount):,.{digits}f}"
