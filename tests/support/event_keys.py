"""Key files of all publishers for one test run."""

import atexit
import shutil
import tempfile
from datetime import timedelta
from functools import cache
from pathlib import Path

import orjson

from shared.events.catalogue import PUBLISHERS
from shared.events.key_files import make_key
from shared.events.signature import HEADER
from shared.events.trust import EventKeys, Signer, Trust
from shared.kernel.clock import SystemClock

_EXPIRED = "registry-expired"


@cache
def folder() -> Path:
    """Return where the files lie, made on first use."""
    made = Path(tempfile.mkdtemp(prefix="kechuang-keys-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    public, now = made / "public.json", SystemClock().now()
    make_key("registry", private_file(made, _EXPIRED), public, now)
    document = orjson.loads(public.read_bytes())
    document["keys"][0] |= {"service": "registry", "valid_until": (now - timedelta(hours=1)).isoformat()}
    public.write_bytes(orjson.dumps(document))
    for service in PUBLISHERS:
        make_key(service, private_file(made, service), public, now)
    document = orjson.loads(public.read_bytes())
    # Tests tell another time: the key that is not expired is valid for ever.
    document["keys"] = [{**one, "valid_from": None} for one in document["keys"]]
    public.write_bytes(orjson.dumps(document))
    return made


def expired_signer() -> Signer:
    """Return what signs with a key of the registry that ended an hour ago."""
    return Signer(private_file(folder(), _EXPIRED))


def private_file(folder: Path, service: str) -> Path:
    """Return the private key file of a publisher."""
    return folder / f"{service}.json"


def event_keys(service: str) -> EventKeys:
    """Return what a service signs with, and trust in all of them."""
    return EventKeys(Signer(private_file(folder(), service)), Trust(folder() / "public.json"))


def trust() -> Trust:
    """Return trust in all publishers."""
    return Trust(folder() / "public.json")


def signed(service: str, subject: str, payload: bytes) -> dict[str, str]:
    """Return the header of an event that `service` signed alone."""
    (header,) = Signer(private_file(folder(), service)).headers([(subject, payload)])
    return {HEADER: header}
