"""The credit line of a firm, shared by all banks: signature reserves, drawdown uses, repayment or lapse releases."""

from dataclasses import dataclass
from enum import StrEnum

from shared.events.finance import LimitChanged
from shared.kernel.errors import Refusal, RefusalCode
from shared.kernel.shape import Shape
from shared.kernel.types import Fen, LooseUscc

CREDIT_LINE_EXCEEDED = RefusalCode(
    code="credit_line_exceeded",
    status=409,
    title_zh="超过企业可用额度：剩余 {available_fen}",
    title_en="Above what is left of the firm's credit line: {available_fen}",
    way_out_zh="请按剩余额度调减金额，或待已用额度偿还后再办理。",
    way_out_en="Lower the amount to what is left, or wait until used credit is repaid.",
)


class MovementKind(StrEnum):
    """What a movement does to the line."""

    LIMIT = "LIMIT"
    """A new evaluation set another limit; balances stay."""
    RESERVE = "RESERVE"
    """A signature reserves."""
    USE = "USE"
    """A drawdown turns reserved into drawn."""
    RELEASE_RESERVED = "RELEASE_RESERVED"
    """What was signed and not drawn in time is free again."""
    RELEASE_DRAWN = "RELEASE_DRAWN"
    """Repaid principal is free again."""


class CreditLineTerms(Shape):
    """Limit and use of one firm's line over all banks, in fen."""

    uscc: LooseUscc
    limit_fen: Fen
    reserved_fen: Fen
    drawn_fen: Fen


@dataclass(frozen=True, slots=True)
class Movement:
    """One step of the line; the store applies it with a guarded UPDATE and keeps it for ever.

    Attributes:
        kind: what happens.
        amount_fen: fen that move, above zero (zero only for LIMIT).
        reserved_delta_fen: change of the reserved balance, signed.
        drawn_delta_fen: change of the drawn balance, signed.
    """

    kind: MovementKind
    amount_fen: int
    reserved_delta_fen: int
    drawn_delta_fen: int

    def applied(self, line: CreditLineTerms) -> CreditLineTerms:
        """Return the balances of `line` after this step.

        Raises:
            pydantic.ValidationError: a balance would fall below zero, which no rule lets happen.
        """
        return CreditLineTerms(
            uscc=line.uscc,
            limit_fen=line.limit_fen,
            reserved_fen=line.reserved_fen + self.reserved_delta_fen,
            drawn_fen=line.drawn_fen + self.drawn_delta_fen,
        )


def available(limit_fen: int, reserved_fen: int, drawn_fen: int) -> int:
    """Return what is left for new signatures in fen; a limit below what is used leaves 0, never less.

    Source: F-LINE-01 (docs/rules/finance.md).
    """
    return max(0, limit_fen - reserved_fen - drawn_fen)


def check(amount_fen: int, available_fen: int, pointer: str) -> None:
    """Refuse an amount above what is left; how much is left is told, never who holds the rest.

    Raises:
        Refusal: `credit_line_exceeded`.

    Source: F-LINE-02 (docs/rules/finance.md).
    """
    if amount_fen > available_fen:
        raise Refusal(CREDIT_LINE_EXCEEDED, pointer=pointer, available_fen=available_fen)


def reserve(amount_fen: int, available_fen: int) -> Movement:
    """Reserve the principal of a signed loan.

    Raises:
        Refusal: `credit_line_exceeded`.

    Source: F-LINE-03 (docs/rules/finance.md).
    """
    check(amount_fen, available_fen, "/principal_fen")
    return Movement(MovementKind.RESERVE, amount_fen, amount_fen, 0)


def use(amount_fen: int) -> Movement:
    """Turn reserved credit into drawn credit when money is paid out.

    Source: F-LINE-04 (docs/rules/finance.md).
    """
    return Movement(MovementKind.USE, amount_fen, -amount_fen, amount_fen)


def release_drawn(amount_fen: int) -> Movement:
    """Free repaid principal.

    Source: F-LINE-05 (docs/rules/finance.md).
    """
    return Movement(MovementKind.RELEASE_DRAWN, amount_fen, 0, -amount_fen)


def release_reserved(amount_fen: int) -> Movement:
    """Free what was signed and never drawn.

    Source: F-LINE-06 (docs/rules/finance.md).
    """
    return Movement(MovementKind.RELEASE_RESERVED, amount_fen, -amount_fen, 0)


def limit_changed(line: CreditLineTerms) -> LimitChanged:
    """Return the event that tells the public state of the line.

    Source: F-LINE-07 (docs/rules/finance.md).
    """
    return LimitChanged.of(line, available_fen=available(line.limit_fen, line.reserved_fen, line.drawn_fen))
