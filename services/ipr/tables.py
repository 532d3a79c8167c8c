"""Tables of ipr; importing this package registers all of them for migrations."""

from services.ipr.base import Base, metadata
from services.ipr.right.models import blemish, enterprise, portfolio, right
from services.ipr.sheet.models import ip_sheet

__all__ = ["Base", "blemish", "enterprise", "ip_sheet", "metadata", "portfolio", "right"]
