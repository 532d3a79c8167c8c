"""Arithmetic of money: integers in, integers out, rounded half up once."""

PPM = 1_000_000
_FEN_PER_YUAN = 100
_FEN_PER_WAN = 1_000_000
_PPM_PER_PERCENT = 10_000


def div_half_up(numerator: int, denominator: int) -> int:
    """Return `numerator / denominator` (both 0 or more) rounded half up.

    Raises:
        ValueError: a negative number or a zero denominator.
    """
    if numerator < 0 or denominator <= 0:
        raise ValueError("half-up rounding is defined here for numbers of 0 or more")
    return (2 * numerator + denominator) // (2 * denominator)


def mul_ppm_half_up(amount_fen: int, ppm: int) -> int:
    """Return `ppm` parts per million of `amount_fen`, in fen, rounded half up."""
    return div_half_up(amount_fen * ppm, PPM)


def ratio_ppm(part: int, whole: int) -> int | None:
    """Return `part / whole` in parts per million, rounded down, or None where `whole` is 0.

    Rounding down keeps every comparison with a bound in whole parts per million exact.
    """
    return None if whole == 0 else part * PPM // whole


def yuan_text(amount_fen: int) -> str:
    """Return `amount_fen` for people, as in `12,345.67 元`."""
    sign, amount = ("-", -amount_fen) if amount_fen < 0 else ("", amount_fen)
    return f"{sign}{amount // _FEN_PER_YUAN:,}.{amount % _FEN_PER_YUAN:02d} 元"


def wan_text(amount_fen: int) -> str:
    """Return `amount_fen` in ten thousand yuan, as in `500万元` or `12.5万元`; exact to the fen."""
    sign, amount = ("-", -amount_fen) if amount_fen < 0 else ("", amount_fen)
    whole, rest = divmod(amount, _FEN_PER_WAN)
    decimals = f".{rest:06d}".rstrip("0") if rest else ""
    return f"{sign}{whole:,}{decimals}万元"


def yuan_text_en(amount_fen: int) -> str:
    """Return `amount_fen` for people who read English, as in `CNY 12,345.67`."""
    sign, amount = ("-", -amount_fen) if amount_fen < 0 else ("", amount_fen)
    return f"CNY {sign}{amount // _FEN_PER_YUAN:,}.{amount % _FEN_PER_YUAN:02d}"


def rate_text(rate_ppm: int) -> str:
    """Return a rate in per cent, exactly and without trailing zeros, as in `3.45%`."""
    sign, rate = ("-", -rate_ppm) if rate_ppm < 0 else ("", rate_ppm)
    whole, rest = divmod(rate, _PPM_PER_PERCENT)
    decimals = f".{rest:04d}".rstrip("0") if rest else ""
    return f"{sign}{whole:,}{decimals}%"
