"""Tells the story in Chinese and English; every figure comes from a recorded answer."""

from collections.abc import Callable

from shared.kernel.money import yuan_text

_MILLI = 1000
_PPM_OF_PERCENT = 10_000


def money(fen: int) -> str:
    """Return an amount as people read it, in yuan."""
    return yuan_text(fen)


def points(milli: int) -> str:
    """Return thousandths of a point as points."""
    return f"{milli // _MILLI}.{milli % _MILLI:03d}"


def percent(ppm: int) -> str:
    """Return parts per million as per cent, without zeros at the end."""
    whole, rest = divmod(ppm, _PPM_OF_PERCENT)
    decimals = f".{rest:04d}".rstrip("0") if rest else ""
    return f"{whole}{decimals}%"


class Teller:
    """Prints chapters and keeps what it said."""

    def __init__(self, out: Callable[[str], None]) -> None:
        """Speak through `out`, line by line."""
        self._out = out
        self.said: list[str] = []

    def chapter(self, zh: str, en: str) -> None:
        """Begin a chapter."""
        self._say("")
        self._say(f"■ {zh} · {en}")

    def tell(self, zh: str, en: str) -> None:
        """Tell one thing in both languages."""
        self._say(f"  {zh}")
        self._say(f"  {en}")

    def fact(self, label_zh: str, label_en: str, value: object) -> None:
        """Show one figure or number under its label."""
        self._say(f"    {label_zh} {label_en}: {value}")

    def _say(self, line: str) -> None:
        self.said.append(line)
        self._out(line)
