"""Tables of ipr; importing this package registers all of them for migrations."""

from services.ipr.models import blemish, enterprise, ip_sheet, portfolio, right, right_import
from services.ipr.models.base import Base, metadata

__all__ = ["Base", "blemish", "enterprise", "ip_sheet", "metadata", "portfolio", "right", "right_import"]
