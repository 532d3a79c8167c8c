"""Where a document itself stands: the publishers whose own page makes a number official."""

import re
from urllib.parse import urlsplit

from shared.policy.header import Confidence

PRIMARY_HOSTS: dict[str, tuple[str, str]] = {
    "gov.cn": (
        "该域名仅限政府机关注册：国务院、部委、国家知识产权局、人民银行、市政府的文件原文在此发布",
        "registered to public bodies alone: ministries, CNIPA, PBOC and the city publish their acts there",
    ),
    "chinamoney.com.cn": (
        "全国银行间同业拆借中心的网站，贷款市场报价利率由其受权公布",
        "the interbank funding centre, which is charged with publishing the loan prime rate",
    ),
}
"""Host, its sub-domains included → why what stands there is the document itself, in Chinese and in English."""

_ADDRESS = re.compile(r"https?://[^\s，。；、）)]+")


def is_primary(source: str) -> bool:
    """Tell whether a source names an address at a primary publisher; a mirror, a news page or no address is none.

    Source: K-POL-09 (docs/rules/kernel.md).
    """
    return any(_is_primary_host(urlsplit(address).hostname or "") for address in _ADDRESS.findall(source))


def confidence_of(source: str) -> Confidence:
    """Return how far something can be trusted that a person recorded from `source`.

    Source: K-POL-09 (docs/rules/kernel.md).
    """
    return Confidence.OFFICIAL if is_primary(source) else Confidence.REPORTED


def _is_primary_host(host: str) -> bool:
    return any(host == one or host.endswith(f".{one}") for one in PRIMARY_HOSTS)
