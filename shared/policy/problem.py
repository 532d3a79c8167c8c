"""What is wrong with a rule set or with the facts it is given; both stop the work, neither scores 0 in silence."""


class RuleSetInvalid(ValueError):  # noqa: N818  # says what happened
    """A rule set does not pass its checks; the process that ships it does not start.

    Attributes:
        file: name of the file, empty where it came from elsewhere.
        node: name of the table at fault, if one is.
        row: id of the row at fault, if one is.
        problem: what is wrong and what was expected.
    """

    def __init__(self, problem: str, *, file: str = "", node: str = "", row: str = "") -> None:
        """Keep where it is wrong and join it into one line."""
        self.file, self.node, self.row, self.problem = file, node, row, problem
        places = ((file, ""), (node, "table "), (row, "row "))
        super().__init__(": ".join([*(word + place for place, word in places if place), problem]))

    def at(self, *, file: str = "", node: str = "", row: str = "") -> "RuleSetInvalid":
        """Return the same problem with the places that were not known where it was found."""
        return RuleSetInvalid(self.problem, file=self.file or file, node=self.node or node, row=self.row or row)


class FactInvalid(ValueError):  # noqa: N818  # says what happened
    """A fact is missing, of the wrong type or too large; the engine would match nothing and say nothing."""
