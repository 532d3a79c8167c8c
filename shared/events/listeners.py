"""Who hears which event: the broker's permissions and the durable consumers are made from this table.

Words alone: whoever starts the broker reads it before anything of the services is imported. A test holds it against
what each service subscribes to.
"""

from collections.abc import Mapping, Sequence

HEARD_BY: Mapping[str, Sequence[str]] = {
    "finance.application.decided.v1": ("ipr",),
    "finance.application.submitted.v1": ("ipr",),
    "finance.consent.granted.v1": ("ipr",),
    "finance.consent.revoked.v1": ("ipr",),
    "finance.evaluation.completed.v1": ("registry",),
    "ipr.portfolio.changed.v1": ("finance", "registry"),
    "ipr.right.changed.v1": ("techtransfer",),
    "registry.enterprise.changed.v1": ("finance", "ipr", "techtransfer"),
    "registry.filing.accepted.v1": ("finance",),
    "registry.holiday_notice.recorded.v1": ("finance", "ipr", "techtransfer"),
    "registry.qualification.changed.v1": ("finance",),
}
"""Subject → services that hear it."""


def heard_of(listener: str, publisher: str, heard_by: Mapping[str, Sequence[str]] = HEARD_BY) -> tuple[str, ...]:
    """Return the subjects of `publisher` that `listener` hears, sorted."""
    return tuple(
        sorted(
            subject
            for subject, listeners in heard_by.items()
            if listener in listeners and subject.split(".", 1)[0] == publisher
        )
    )


def publishers_for(listener: str, heard_by: Mapping[str, Sequence[str]] = HEARD_BY) -> tuple[str, ...]:
    """Return whom `listener` hears, sorted."""
    return tuple(sorted({subject.split(".", 1)[0] for subject, held in heard_by.items() if listener in held}))
