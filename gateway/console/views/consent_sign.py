"""Sign a consent: the whole text, what the bank may read, until when, and who signs in which capacity."""

from hashlib import sha256
from http import HTTPStatus

from starlette.responses import Response

from gateway.console.form import Fault
from gateway.console.inputs import Input, body_of
from gateway.console.page import Page
from gateway.console.visit import PageRefusedError, Visit
from gateway.console.words import mark
from shared.kernel.actor import Role

_TEXT = "GET /v1/consents/text"
_BANKS = "GET /v1/banks"
_SIGN = "POST /v1/consents"
_MANDATE_AT_MOST = 20 << 20
INPUTS = (
    Input(name="scopes", kind="checkboxes", enumeration="ConsentScope", label=mark("The bank may read")),
    Input(name="expires_at", kind="day", label=mark("Until the end of"), required=False),
    Input(name="signer_name"),
    Input(name="signer_capacity", kind="radios", enumeration="SignerCapacity"),
)
PAGE = Page(
    name="consent-sign",
    path="/consent-to/{bank_uscc}",
    title=mark("Sign a consent"),
    roles=frozenset({Role.ENTERPRISE}),
    uses=(_TEXT, _BANKS, _SIGN),
)


@PAGE.shows
async def ask(visit: Visit) -> Response:
    """Show the text in force and the form."""
    return await _ask(visit)


@PAGE.acts
async def sign(visit: Visit) -> Response:
    """Record the consent, once; a text that changed meanwhile is shown to be read anew."""
    form, words = visit.form, visit.words
    body = body_of(form, INPUTS, words)
    if form.text("agreed") != "yes":
        form.faults.append(Fault("agreed", words.gettext("Confirm that you have read the text.")))
    if "expires_at" in body:
        body["expires_at"] = f"{body['expires_at']}T23:59:59+08:00"
    mandate = await _mandate_sha256(visit)
    if not form.faults:
        sent = {
            **body,
            **({"mandate_sha256": mandate} if mandate else {}),
            "bank_uscc": visit.value("bank_uscc"),
            "purpose": "LOAN_APPLICATION",
            "text_version": form.text("text_version"),
            "channel": "WEB",
        }
        names = {"/mandate_sha256": "mandate", "/text_version": "agreed"}
        if await visit.do(_SIGN, body=sent, names=names) is not None:
            return visit.go("/borrow", said=words.gettext("The consent is signed."))
    return await _ask(visit, status=HTTPStatus.UNPROCESSABLE_ENTITY)


async def _ask(visit: Visit, *, status: int = HTTPStatus.OK) -> Response:
    uscc = visit.value("bank_uscc")
    banks = await visit.read(_BANKS, query={"bank_uscc": uscc})
    if not banks["items"]:
        raise PageRefusedError(HTTPStatus.NOT_FOUND)
    text = await visit.read(_TEXT)
    return visit.html("consent_sign.html", status=status, bank=banks["items"][0], text=text, inputs=INPUTS)


async def _mandate_sha256(visit: Visit) -> str:
    """Return the fingerprint of a mandate that was chosen; the paper itself stays with the firm."""
    file = visit.request.state.files.get("mandate")
    content = b"" if file is None else await file.read(_MANDATE_AT_MOST + 1)
    if len(content) > _MANDATE_AT_MOST:
        visit.form.faults.append(Fault("mandate", visit.words.gettext("The file is larger than 20 MB.")))
        return ""
    return sha256(content).hexdigest() if content else ""
