"""An access token by client credentials, with the standard library alone."""

import json
import urllib.parse
from base64 import b64encode
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException


class TokenError(Exception):
    """The gateway gave no token; the message says why."""


def fetch(port: int, client_id: str, secret: str) -> str:
    """Return an access token for a client of the gateway at `port` of this machine.

    Raises:
        TokenError: the gateway does not answer, or refuses.
    """
    pair = f"{urllib.parse.quote(client_id, safe='')}:{urllib.parse.quote(secret, safe='')}"
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(
            "POST",
            "/oauth2/token",
            body="grant_type=client_credentials",
            headers={
                "Authorization": f"Basic {b64encode(pair.encode()).decode()}",
                "Content-Type": "application/x-www-form-urlencoded",
            },
        )
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, HTTPException) as failed:
        raise TokenError(f"The gateway at port {port} does not answer 网关无应答: {failed}") from failed
    finally:
        connection.close()
    if answer.status != HTTPStatus.OK:
        raise TokenError(f"The gateway refused the token: {answer.status} {body.decode(errors='replace')}")
    found: str = json.loads(body)["access_token"]
    return found
