"""What others hold of holiday notices, should a restored backup no longer know of it."""

from shared.db.lost_case import CaseKind
from shared.events.registry import HolidayNoticeRecorded

CASES = (
    CaseKind(
        aggregate=HolidayNoticeRecorded.aggregate,
        zh="节假日安排通知",
        en="holiday notice",
        table="holiday_notice",
        key={"notice_id": "id"},
        number="number",
        # The State Council's notice holds all the same: nobody's working days may fall back to what is assumed.
        remedy="按原通知重新登记即恢复一致 record the notice again: kechuang holiday record …",
    ),
)
