"""Runs over all enterprises: their ranges, the frozen facts of each firm, and what each rule set said of it."""

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, String, Text
from sqlmodel import Field

from services.registry.base import Base
from services.registry.enterprise.rules.enterprise import EnterpriseStatus, LegalForm
from services.registry.evaluation.rules.population_decision import PopulationPolicy, PopulationVerdict
from shared.db.base import InstantOrNone, not_negative, text_enum
from shared.db.keeping import append_only
from shared.kernel.types import Fen

_CLEARED_BY = ("population_clearing", "run_id")
"""Rows go with their run."""


class PopulationRuleSet(Base, table=True):
    """One rule set of a run, as it was when the run was asked for; `as_of_on` is the day it is decided on."""

    __tablename__ = "population_rule_set"
    __table_args__ = (append_only(),)

    run_id: UUID = Field(primary_key=True)
    policy: PopulationPolicy = Field(primary_key=True, sa_type=text_enum(PopulationPolicy))
    as_of_on: date
    version: str = Field(sa_type=String(40))
    sha256: str = Field(sa_type=String(64))


class PopulationRange(Base, table=True):
    """Codes that are worked through in one transaction, both ends included; whoever locks the row has them."""

    __tablename__ = "population_range"
    __table_args__ = (
        CheckConstraint("(firms IS NULL) = (finished_at IS NULL)", name="firms_counted"),
        append_only(once=("firms", "finished_at"), cleared_by=_CLEARED_BY),
    )

    run_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    first_uscc: str = Field(sa_type=String(18))
    last_uscc: str = Field(sa_type=String(18))
    firms: int | None = None
    finished_at: InstantOrNone = None


class PopulationFact(Base, table=True):
    """The frozen facts of one firm in one run, as its range read them."""

    __tablename__ = "population_fact"
    __table_args__ = (
        *not_negative("revenue_fen", "cost_expense_fen", "assets_fen", "rd_expense_fen"),
        append_only(cleared_by=_CLEARED_BY),
    )

    run_id: UUID = Field(primary_key=True)
    uscc: str = Field(primary_key=True, sa_type=String(18))
    enterprise_version: int
    status: EnterpriseStatus = Field(sa_type=text_enum(EnterpriseStatus))
    legal_form: LegalForm = Field(sa_type=text_enum(LegalForm))
    industry_barred: bool
    industry_code: str | None = Field(default=None, sa_type=String(5))
    filing_year: int | None = None
    filing_version: int | None = None
    staff: int
    science_staff: int
    senior_title_staff: int
    revenue_fen: Fen
    cost_expense_fen: Fen
    assets_fen: Fen
    rd_expense_fen: Fen
    innovative_products: int
    portfolio_version: int | None = Field(default=None, sa_type=BigInteger)
    class_1_count: int
    class_2_count: int
    marks: str = Field(sa_type=Text)
    titles: str = Field(sa_type=Text)


class PopulationResult(Base, table=True):
    """What one rule set of a run says of one firm; bit n of `gates` is condition n, `hits` are the rows hit."""

    __tablename__ = "population_result"
    __table_args__ = (
        CheckConstraint("score_milli BETWEEN 0 AND 100000", name="score_milli_range"),
        Index("ix_population_result_verdict", "run_id", "policy", "verdict", "uscc"),
        append_only(cleared_by=_CLEARED_BY),
    )

    run_id: UUID = Field(primary_key=True)
    policy: PopulationPolicy = Field(primary_key=True, sa_type=text_enum(PopulationPolicy))
    uscc: str = Field(primary_key=True, sa_type=String(18))
    verdict: PopulationVerdict = Field(sa_type=text_enum(PopulationVerdict))
    score_milli: int | None = Field(default=None, sa_type=BigInteger)
    gates: int = Field(sa_type=Integer)
    hits: str = Field(sa_type=Text)
