"""Amounts as people say and write them: "fifty", "one hundred and fifty euros", "$19.99", "nineteen ninety nine", 一百五."""

import re

from text_to_num import alpha2digit

_WORDS = (
    "zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|"
    "eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand"
)
_WORD = rf"(?:{_WORDS})\b"
_DIGITS = r"\d{1,9}(?:,\d{3})*(?:[.,]\d{1,2})?(?!\d)"
NUMBER = (
    rf"(?:{_DIGITS}|(?:\ban?\s+(?=(?:hundred|thousand)\b)|\b){_WORD}(?:[\s-]+(?:and\s+)?{_WORD}){{0,12}})"
)
SYMBOL = "[$€£¥]"
CURRENCY = r"(?:euros?\b|dollars?\b|bucks\b|pounds?\b|quid\b|yuan\b|rmb\b|eur\b|usd\b|gbp\b|[$€£¥])"

CHINESE_NUMBER = r"(?:\d{1,9}(?:\.\d{1,2})?|[一二两三四五六七八九十百千万零]{1,12})"
CHINESE_CURRENCY = "(?:欧元|美元|块钱|块|元)"
_CHINESE_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"两": 2}
_CHINESE_UNITS = {"十": 10, "百": 100, "千": 1_000}
_TEN_THOUSAND = 10_000


def amount(text: str) -> float | None:
    """Return what *text*, a number with or without a currency, amounts to; None where that can be read in two ways.

    "nineteen ninety nine" and "nineteen euros ninety nine" are 19.99; "two fifty" may be 2.50 or 250.
    """
    # Behind a currency stand cents: "nineteen euros and ninety nine cents".
    parts = [re.sub(r"^ *(?:and|an?) |\bcents?\b", " ", part) for part in re.split(CURRENCY, text.lower())]
    digits = " ".join(alpha2digit(part.replace("-", " "), "en", threshold=0) for part in parts)
    found = [value for each in digits.split() if (value := _digits(each)) is not None]
    match found:
        case [whole]:
            return whole
        case [whole, cents] if whole >= 10 and 10 <= cents <= 99 and cents == int(cents):
            return whole + cents / 100
    return None


def chinese_amount(text: str) -> float | None:
    """Return what a number in Chinese numerals or in digits amounts to; None where it is none: 两千三百, 一百五, 一万二."""
    if text[:1].isdigit() and text.isascii():
        return float(text)
    above, _, below = text.rpartition("万")
    if not above and "万" in text:
        return None
    high = _below_ten_thousand(above, 1) if above else 0
    low = _below_ten_thousand(below, _TEN_THOUSAND if above else 1)
    return None if high is None or low is None else float(high * _TEN_THOUSAND + low)


def written(value: float) -> str:
    """Return *value* with up to two decimals: "50", "19.99"."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _digits(text: str) -> float | None:
    """Return a number in digits: a comma before three digits groups them, before two it is a decimal point."""
    plain = re.sub(r",(?=\d{3}(?:\D|$))", "", text).replace(",", ".")
    return float(plain) if re.fullmatch(r"\d+(?:\.\d+)?", plain) else None


def _below_ten_thousand(text: str, last_unit: int) -> int | None:
    """Return what *text* amounts to; a digit at its end counts a tenth of the unit before it: 一百五 is 150."""
    total, digit, unit, zero = 0, None, last_unit, False
    for sign in text:
        if sign in _CHINESE_UNITS:
            if digit is None and sign != "十":
                return None
            unit = _CHINESE_UNITS[sign]
            total += (1 if digit is None else digit) * unit
            digit, zero = None, False
        elif sign in _CHINESE_DIGITS and digit is None:
            value = _CHINESE_DIGITS[sign]
            digit, zero = (None, True) if value == 0 else (value, zero)
        else:
            return None
    if digit is not None:
        total += digit * (unit // 10 if unit >= 100 and not zero else 1)
    return total
