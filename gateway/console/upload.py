"""A file that a person chose, as a form of the API: the same bytes make the same body, so that it has one effect."""

from dataclasses import dataclass
from hashlib import sha256

from starlette.datastructures import UploadFile

from gateway.console.visit import Visit

_NAME_LENGTH = 200


@dataclass(frozen=True, slots=True)
class ChosenFile:
    """A file of a form.

    Attributes:
        name: as the browser calls it.
        content: its bytes.
    """

    name: str
    content: bytes


async def chosen_file(visit: Visit, name: str) -> ChosenFile | None:
    """Return the file of an input; None where none was chosen."""
    given: UploadFile | None = visit.request.state.files.get(name)
    if given is None or not given.filename:
        return None
    return ChosenFile(given.filename[:_NAME_LENGTH], await given.read())


def file_form(field: str, file: ChosenFile) -> tuple[str, bytes]:
    """Return media type and bytes of a form that holds one file (RFC 7578).

    Args:
        field: name of the part.
        file: what it holds; what it is, the API finds out by its bytes.
    """
    boundary = sha256(file.content).hexdigest()
    name = "".join("_" if one in '"\\\r\n' else one for one in file.name)
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    body = b"".join((head.encode("utf-8", "replace"), file.content, f"\r\n--{boundary}--\r\n".encode()))
    return f"multipart/form-data; boundary={boundary}", body
