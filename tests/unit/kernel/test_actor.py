"""Who may act instead: a refusal of a role names the bodies that a person can turn to."""

import re

import pytest

from shared.kernel.actor import Actor, Role, left_to
from shared.kernel.errors import Refusal
from shared.web.problem import texts
from tests.support.source import ROOT, python_files, text_of

PEOPLE = [role for role in Role if role is not Role.SYSTEM]


def test_the_bodies_that_may_act_are_named_in_both_languages() -> None:
    refusal = left_to(Role.DISTRICT, Role.CITY, pointer="/unit_id")
    for language, words in (
        ("zh", ("由所在区县科技主管部门、市科技主管部门办理",)),
        ("en", ("the district's science and technology office", "the city's science and technology bureau")),
    ):
        _, way_out, *_ = texts(refusal.code, refusal.details, language)
        assert all(word in way_out for word in words)
    assert refusal.pointer == "/unit_id"


@pytest.mark.parametrize("role", PEOPLE)
def test_every_role_of_people_is_a_body_with_a_name(role: Role) -> None:
    assert all(left_to(role).details.values())
    assert left_to(role, Role.SYSTEM).details == left_to(role).details


@pytest.mark.parametrize("role", [one for one in PEOPLE if one is not Role.BANK])
def test_acting_for_a_body_of_another_kind_is_left_to_that_body(role: Role) -> None:
    with pytest.raises(Refusal) as refused:
        Actor("client", role, party="91500107MA5U00001A").party_as(Role.BANK)
    assert refused.value.details["bodies_zh"] == "合作银行"


def test_no_role_is_refused_without_naming_who_may_act() -> None:
    bare = re.compile(r"Refusal\(\s*FORBIDDEN_ROLE")
    read = [path for path in python_files("shared", "services", "gateway") if path.name != "actor.py"]
    assert len(read) > 300
    assert [str(path.relative_to(ROOT)) for path in read if bare.search(text_of(path))] == []


@pytest.mark.parametrize("role", sorted(Role))
def test_who_may_not_act_is_told_exactly_who_may(role: Role) -> None:
    allowed = frozenset({Role.CITY, Role.DISTRICT, Role.SYSTEM})
    if role in allowed:
        Actor("one", role).must_be(allowed)
        return
    with pytest.raises(Refusal, match="forbidden_role") as refused:
        Actor("one", role).must_be(allowed, pointer="/unit_id")
    assert refused.value.details == left_to(*allowed).details
    assert refused.value.pointer == "/unit_id"
