"""Fields of a form are taken by name: one that is not known, or is given twice, would be dropped in silence."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fastapi.dependencies.models import Dependant
from fastapi.params import Form

from shared.kernel.errors import Refusal
from shared.kernel.refusals import BODY_UNREADABLE

_SHOWN = 60


@dataclass(frozen=True, slots=True)
class FormNames:
    """Which fields the form of a route takes, each once; none where it takes no form."""

    known: frozenset[str]

    @classmethod
    def of(cls, dependant: Dependant) -> "FormNames":
        """Return the names that a route and what it depends on read."""
        return cls(frozenset(_fields(dependant)))

    def check(self, names: Iterable[str]) -> None:
        """Refuse a form that holds what nobody would read.

        Raises:
            Refusal: `body_unreadable`, naming the field and those there are.
        """
        if not self.known:
            return
        for name, times in Counter(names).items():
            shown = name if len(name) <= _SHOWN else name[:_SHOWN] + "…"
            if name not in self.known:
                known = ", ".join(sorted(self.known))
                raise Refusal(
                    BODY_UNREADABLE,
                    reason_zh=f"表单没有“{shown}”这一项，可填 {known}",
                    reason_en=f"the form has no field {shown}; it has {known}",
                )
            if times > 1:
                raise Refusal(
                    BODY_UNREADABLE,
                    reason_zh=f"表单项“{shown}”重复，只能填一次",
                    reason_en=f"the field {shown} of the form is given twice",
                )


def _fields(dependant: Dependant) -> Iterator[str]:
    for field in dependant.body_params:
        if isinstance(field.field_info, Form):
            yield field.alias
    for below in dependant.dependencies:
        yield from _fields(below)
