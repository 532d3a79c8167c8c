"""What people write in many ways is compared in one way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.fold import FoldedCode, Folding, fold_code, reference_key, search_key

CODE = "91500107MADEMQX01Y"


@pytest.mark.parametrize(
    ("written", "foldings"),
    [
        (CODE, ()),
        (f" {CODE}\n", ()),
        (CODE.lower(), (Folding.CASE,)),
        (f"'{CODE}", (Folding.APOSTROPHE,)),
        (f"‘{CODE}", (Folding.APOSTROPHE,)),
        (f"＇{CODE}", (Folding.APOSTROPHE,)),
        ("９１５００１０７ＭＡＤＥＭＱＸ０１Ｙ", (Folding.WIDTH,)),
        ("91500107 MADEMQX01Y", (Folding.SPACE,)),
        ("9150 0107\u3000MADE\u00a0MQX01Y", (Folding.WIDTH, Folding.SPACE)),
        (f"{CODE}\u200b", (Folding.INVISIBLE,)),
        (f"\u202d{CODE}\u202c", (Folding.INVISIBLE,)),
        (f"\ufeff{CODE[:9]}\u00ad{CODE[9:]}", (Folding.INVISIBLE,)),
        (f"\u200b'{CODE.lower()}", (Folding.INVISIBLE, Folding.APOSTROPHE, Folding.CASE)),
    ],
)
def test_a_code_is_read_through_what_a_copy_brings_along(written: str, foldings: tuple[Folding, ...]) -> None:
    assert fold_code(written) == FoldedCode(CODE, foldings)


@pytest.mark.parametrize(
    ("written", "kept"), [("cq–lj", "CQ-LJ"), ("ＣＱ－ＧＸ", "CQ-GX"), ("g1234567", "G1234567"), ("k¸1", "Ķ1")]
)
def test_every_kind_of_code_is_folded_alike(written: str, kept: str) -> None:
    assert fold_code(written).text == kept


def test_a_fold_judges_nothing() -> None:
    assert fold_code("O1I").text == "O1I"
    assert fold_code("\u200b").text == ""


def test_a_text_too_long_for_a_code_is_not_folded() -> None:
    with pytest.raises(ValueError, match="too long"):
        fold_code("A" * 201)


@pytest.mark.parametrize("folding", Folding)
def test_every_folding_has_words_in_both_languages(folding: Folding) -> None:
    assert not folding.title_zh.isascii()
    assert folding.title_en.isascii()


@given(st.text(max_size=200))
def test_a_folded_code_stays_as_it_is(text: str) -> None:
    try:
        kept = fold_code(text).text
        again = fold_code(kept)
    except ValueError:
        return
    assert again.text == kept


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("华为(重庆)", "华为（重庆）"),
        ("ai", "ＡＩ"),
        ("Ai 芯片", "AI芯片"),
        ("重庆\u200b科技", "重庆科技"),
        ("【重庆】科技", "[重庆]科技"),
        ("重庆　科技", "重庆 科技"),
        ("ﾃｽﾄ", "テスト"),
        ("STRASSE", "straße"),
        ("\ufeff〔2022〕56号", "(2022)56号"),
        ("王\ue81e", "王\u9fb4"),
    ],
)
def test_what_looks_alike_has_one_key(one: str, other: str) -> None:
    assert search_key(one) == search_key(other) != ""


@pytest.mark.parametrize(
    "again", ["渝贷2026-001", "渝贷 2026-001", "渝贷２０２６－００１", "渝贷2026–001\u200b", "'渝贷2026-001"]
)
def test_a_reference_that_only_looks_new_has_the_key_of_the_old_one(again: str) -> None:
    assert reference_key(again) == reference_key("渝贷2026-001")
    assert reference_key("渝贷2026-002") != reference_key("渝贷2026-001")


def test_other_words_have_other_keys() -> None:
    assert len({search_key(name) for name in ("华为重庆", "华为成都", "华为", "重庆")}) == 4


@given(st.text(max_size=60), st.text(max_size=20))
def test_a_part_of_a_name_is_found_in_its_key(name: str, more: str) -> None:
    ascii_name, ascii_more = name.encode("ascii", "ignore").decode(), more.encode("ascii", "ignore").decode()
    assert search_key(ascii_name) in search_key(ascii_name + ascii_more)
