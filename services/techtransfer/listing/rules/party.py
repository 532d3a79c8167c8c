"""Parties: whose listing it is, and on whose word somebody else may post it."""

from dataclasses import dataclass
from datetime import date

from shared.kernel import uscc as codes
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import Refusal, RefusalCode

PARTY_NOT_YOURS = RefusalCode(
    code="party_not_yours",
    status=403,
    title_zh="企业只能为本单位发布",
    title_en="An enterprise posts for itself only",
    way_out_zh="请使用本单位的统一社会信用代码，或由技术转移机构持委托书发布。",
    way_out_en="Use your own code, or let a transfer agency post with a letter of authority.",
)
AUTHORITY_MISSING = RefusalCode(
    code="authority_missing",
    status=422,
    title_zh="代为发布须提交委托书",
    title_en="Posting for somebody else needs a letter of authority",
    way_out_zh="请上传委托书并填写其有效期。",
    way_out_en="Bring the letter of authority and give its last day.",
    hint_zh="请提交 authority_sha256 与 authority_until_on。",
    hint_en="Give authority_sha256 (SHA-256 of the letter) and authority_until_on.",
)
AUTHORITY_EXPIRED = RefusalCode(
    code="authority_expired",
    status=422,
    title_zh="委托书有效期（{authority_until_on}）不足以覆盖发布截止日",
    title_en="The letter of authority ends on {authority_until_on}, before the listing does",
    way_out_zh="请缩短发布期限，或提交新的委托书。",
    way_out_en="Shorten the listing, or bring a new letter.",
)
PARTY_UNKNOWN = RefusalCode(
    code="party_unknown",
    status=409,
    title_zh="该统一社会信用代码未在企业登记中找到",
    title_en="No enterprise with this code is registered here",
    way_out_zh="请先登记企业，刚登记的请稍候几秒再试；高校和科研院所的成果请填写单位名称。",
    way_out_en="Register it first, or wait some seconds; for a university or institute give its name.",
    hint_zh="单位名称字段为 party_name。",
    hint_en="The name goes into party_name.",
)
PARTY_CODE_UNCHECKED = RefusalCode(
    code="party_code_check_failed",
    status=422,
    title_zh="统一社会信用代码的校验位不符，且企业登记中没有该代码",
    title_en="The check character of the code does not agree, and no enterprise is registered under it",
    way_out_zh="请核对营业执照；确有此码的企业请先登记并由区县复核确认。",
    way_out_en="Check the business licence; if it does show this code, have the enterprise registered and confirmed.",
)
UNIT_NOT_OF_PARTY = RefusalCode(
    code="unit_not_of_party",
    status=422,
    title_zh="填报单位应为该企业登记所属单位 {unit_id}",
    title_en="The reporting unit must be that of the enterprise: {unit_id}",
    way_out_zh="请将上报单位改为 {unit_id}；企业已迁移的，请先更新企业登记。",
    way_out_en="Give {unit_id} as the reporting unit; if the enterprise has moved, update its registration first.",
    hint_zh="字段 unit_id。",
    hint_en="The field is unit_id.",
)
MAY_POST = frozenset({Role.ENTERPRISE, Role.AGENCY, Role.CITY})


@dataclass(frozen=True, slots=True)
class Authority:
    """A letter of authority by its document and its last day."""

    sha256: str | None
    until: date | None


@dataclass(frozen=True, slots=True)
class RegisteredParty:
    """An enterprise as the registry last told it: its name and its reporting unit."""

    name: str
    unit_id: str


def require_standing(actor: Actor, party_uscc: str, *, authority: Authority, listed_until: date) -> None:
    """Require that the actor may post for the party until the listing ends.

    An enterprise posts for itself; an agency posts with a letter of authority that lasts as long as the listing; the
    city posts for anybody.

    Raises:
        Refusal: `party_not_yours`, `authority_missing`, `authority_expired`.

    Source: T-PARTY-01 (docs/rules/techtransfer.md).
    """
    if actor.role is Role.CITY or (actor.party == party_uscc and actor.role in MAY_POST):
        return
    if actor.role is not Role.AGENCY:
        raise Refusal(PARTY_NOT_YOURS, pointer="/party_uscc")
    if authority.sha256 is None or authority.until is None:
        raise Refusal(AUTHORITY_MISSING, pointer="/authority_sha256")
    if authority.until < listed_until:
        raise Refusal(AUTHORITY_EXPIRED, pointer="/authority_until_on", authority_until_on=authority.until)


def listed_name(registered: RegisteredParty | None, *, uscc: str, given_name: str | None, unit_id: str) -> str:
    """Return the name under which a party is listed: the registered one, else the one given for an institute.

    A registered enterprise is reviewed by its own unit: nobody chooses a reviewer.

    A code whose check character does not agree is that of a registered enterprise or a slip of the pen: official
    registers hold some, and what the registry keeps is usable here.

    Raises:
        Refusal: `party_code_check_failed`; `party_unknown` where the code is registered nowhere and no name was given;
            `unit_not_of_party`.

    Source: T-PARTY-02, T-PARTY-03, T-PARTY-04 (docs/rules/techtransfer.md).
    """
    if registered is None:
        if not codes.is_valid(uscc):
            raise Refusal(PARTY_CODE_UNCHECKED, pointer="/party_uscc")
        if not given_name:
            raise Refusal(PARTY_UNKNOWN, pointer="/party_uscc")
        return given_name
    if registered.unit_id != unit_id:
        raise Refusal(UNIT_NOT_OF_PARTY, pointer="/unit_id", unit_id=registered.unit_id)
    return registered.name
