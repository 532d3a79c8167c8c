"""Names that the site and its views share, and where a page may send a browser."""

from urllib.parse import urlsplit

ROOT = "/console"
LANGUAGE = "console_language"


def own_target(to: str) -> str:
    """Return an address of the console to go to; anything else leads to the first page.

    A link that was made by others must not lead from our sign-in to another site.
    """
    parts = urlsplit(to)
    is_own = not parts.scheme and not parts.netloc and (parts.path == ROOT or parts.path.startswith(f"{ROOT}/"))
    return to if is_own and "\\" not in to and "//" not in parts.path and to.isascii() and to.isprintable() else ROOT
