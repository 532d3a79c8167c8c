"""F5: codes with check characters against an oracle of another make: all valid ones pass, no single slip does."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from stdnum.cn import uscc as oracle

from shared.kernel import patent_no, uscc
from shared.kernel.unit import is_unit
from tests.fault.attack.conftest import rounds
from tests.service.finance.world import World, refused

DATA = Path(__file__).resolve().parents[4] / "shared/data"
KNOWN = ("11", "12", "13", "19", "51", "52", "53", "59", "91", "92", "93")
"""Kinds of subject that the oracle knows; ours leaves the list to the registers."""
LOOKALIKES = {"0": "O", "1": "I", "5": "S", "2": "Z", "U": "V"}


def made_up(chance: random.Random) -> str:
    """Return a valid code of any kind of subject."""
    region = f"{chance.randrange(100_000, 700_000)}"
    first = chance.choice(KNOWN) + region
    first += "".join(chance.choice(uscc.ALPHABET) for _ in range(9))
    return first + oracle.calc_check_digit(first)


def slips(code: str, alphabet: str) -> Iterator[str]:
    """Yield every code that differs in one character."""
    for place, symbol in enumerate(code):
        yield from (code[:place] + other + code[place + 1 :] for other in alphabet if other != symbol)


@pytest.mark.fault("F5")
def test_every_valid_code_passes_and_no_slip_of_one_character_does(
    record_property: Callable[[str, object], None],
) -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    record_property("noted", f"seed {seed}")
    chance = random.Random(seed)
    tried = 0
    for _ in range(rounds(20_000, 500)):
        code = made_up(chance)
        assert oracle.is_valid(code)
        assert uscc.is_valid(code), f"a valid code is refused: {code} (seed {seed})"
    for _ in range(rounds(400, 20)):
        code = made_up(chance)
        for wrong in slips(code, uscc.ALPHABET + "IOSVZ" + "abcé０ "):
            assert not uscc.is_valid(wrong), f"{wrong} passes for {code} (seed {seed})"
            tried += 1
    record_property("noted", f"seed {seed}: {tried} single slips, none passes")


@pytest.mark.fault("F5")
def test_small_letters_and_lookalikes_are_refused_as_the_oracle_would_or_stricter() -> None:
    chance = random.Random(5)
    for _ in range(2_000):
        code = made_up(chance)
        if code != code.lower():
            assert not uscc.is_valid(code.lower())
        for symbol, like in LOOKALIKES.items():
            if symbol in code:
                assert not uscc.is_valid(code.replace(symbol, like))
        for around in (f" {code}", f"{code} ", f"{code}\n", f"{code}\x00", code[:-1], code + "0", ""):
            assert not uscc.is_valid(around), repr(around)
        letters = list(code)
        first, second = chance.sample(range(18), 2)
        letters[first], letters[second] = letters[second], letters[first]
        swapped = "".join(letters)
        if swapped[:2] in KNOWN:
            assert uscc.is_valid(swapped) == oracle.is_valid(swapped)


def patents(chance: random.Random) -> Iterator[str]:
    """Yield valid application numbers of both forms; the check digit is computed here, not by the product."""
    while True:
        new = chance.random() < 0.7
        body = f"{chance.randrange(1985, 2027)}" if new else f"{chance.randrange(85, 104) % 100:02d}"
        body += chance.choice("12389") + "".join(chance.choice("0123456789") for _ in range(7 if new else 5))
        weights = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
        rest = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=False)) % 11
        yield body + ("X" if rest == 10 else str(rest))


@pytest.mark.fault("F5")
def test_every_patent_number_passes_and_no_slip_of_one_digit_does() -> None:
    chance = random.Random(11)
    numbers = patents(chance)
    for _ in range(rounds(10_000, 300)):
        number = next(numbers)
        assert patent_no.normalise(number) == number
        assert patent_no.normalise(f"ZL {number[:-1]}.{number[-1].lower()}") == number
    for _ in range(rounds(1_000, 50)):
        number = next(numbers)
        for wrong in slips(number, "0123456789X"):
            with pytest.raises(ValueError, match="number"):
                patent_no.normalise(wrong)


@pytest.mark.fault("F5")
async def test_a_code_with_a_slip_is_refused_on_arrival_by_its_field(world: World) -> None:
    chance = random.Random(3)
    for _ in range(10):
        code = made_up(chance)
        for wrong in (
            next(slips(code, uscc.ALPHABET)),
            next(slips(code, uscc.ALPHABET)).lower(),  # small letters are folded, the slip stays
            code[:-1],
            code + "0",
        ):
            body = world.application_body("01890000-0000-7000-8000-000000000000", wrong)
            problem = refused(await world.firm().post("/v1/loan-applications", json=body), "field_invalid", 422)
            assert "/bank_uscc" in {one["pointer"] for one in problem["errors"]}, wrong


@pytest.mark.fault("F5")
@pytest.mark.sample
def test_real_codes_all_pass() -> None:
    path = DATA / "companies" / "uscc_valid_10k.txt"
    if not path.exists():
        pytest.skip("the real codes lie outside the repository: ../shared/data/companies")
    codes = path.read_text("utf-8").split()
    assert len(codes) > 9_000
    assert [code for code in codes if not uscc.is_valid(code)] == []


@pytest.mark.fault("F5")
@pytest.mark.sample
def test_districts_of_the_city_are_reporting_units_and_those_of_other_provinces_are_not() -> None:
    path = DATA / "divisions" / "areas.csv"
    if not path.exists():
        pytest.skip("the table of divisions lies outside the repository: ../shared/data/divisions")
    lines = [line.replace('"', "").split(",")[0] for line in path.read_text("utf-8").splitlines()[1:]]
    codes = [code for code in lines if len(code) == 6 and code.isdigit()]
    assert len(codes) > 2_500
    assert not [code for code in codes if is_unit(code) and not code.startswith("500")]
    assert not [wrong for wrong in slips("500107", "0123456789") if is_unit(wrong) and not wrong.startswith("500")]
