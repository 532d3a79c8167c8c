"""What stands at its publisher's own address is official; a mirror, the press or no address is not."""

import pytest

from shared.policy.primary_source import PRIMARY_HOSTS, confidence_of


@pytest.mark.parametrize(
    ("source", "confidence"),
    [
        ("https://www.gov.cn/zhengce/zhengceku/202511/content_7047091.htm", "official"),
        ("国办发明电〔2025〕7号（http://www.gov.cn/a.htm）", "official"),
        ("https://www.chinamoney.com.cn/chinese/bklpr/", "official"),
        ("https://chongqing.pbc.gov.cn/chongqing/107680/index.html", "official"),
        ("https://www.pbc.gov.cn.example.com/a", "reported"),
        ("https://notgov.cn/a", "reported"),
        ("https://example.com/?from=https%3A%2F%2Fwww.gov.cn", "reported"),
        ("http://wzzgcs.com/page26?article_id=84", "reported"),
        ("国办发明电〔2025〕7号", "reported"),
        ("", "reported"),
    ],
)
def test_only_the_publisher_s_own_address_is_official(source: str, confidence: str) -> None:
    assert confidence_of(source) == confidence


def test_every_primary_host_says_why_in_both_languages() -> None:
    assert all(zh and en and en.isascii() for zh, en in PRIMARY_HOSTS.values())
