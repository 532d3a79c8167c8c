"""Ready answers: rows become JSON once, without a second validation on the way out."""

from fastapi import Response
from pydantic import BaseModel

from shared.web.conditional import etag


def answered(
    model: BaseModel, *, status: int = 200, location: str | None = None, version: int | None = None
) -> Response:
    """Answer with one record; a created one names where it lives, a versioned one its ETag."""
    headers = {}
    if location is not None:
        headers["location"] = location
    if version is not None:
        headers["etag"] = etag(version)
    return Response(model.model_dump_json(), status_code=status, media_type="application/json", headers=headers)
