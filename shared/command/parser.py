"""A parser of command lines that explains itself in Chinese and English."""

import argparse
from collections.abc import Iterable
from typing import Any, NoReturn


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Writes the heading of the usage in both languages."""

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[Any],
        prefix: str | None = None,
    ) -> None:
        """Add the usage under a heading in both languages."""
        super().add_usage(usage, actions, groups, "用法 usage: " if prefix is None else prefix)


class BilingualParser(argparse.ArgumentParser):
    """One command or a family of commands.

    Args:
        zh: what it does, in Chinese.
        en: the same in English.
        options: those of `argparse.ArgumentParser`.
    """

    def __init__(self, *, zh: str, en: str, **options: Any) -> None:  # noqa: ANN401  # argparse's own
        """Describe the command and its help in both languages."""
        super().__init__(description=f"{zh}\n{en}", formatter_class=_Formatter, add_help=False, **options)
        self._positionals.title = "参数 arguments"
        self._optionals.title = "选项 options"
        self.add_argument("-h", "--help", action="help", help="显示本说明 / show this help")

    def error(self, message: str) -> NoReturn:
        """End with 2 and say what is wrong and where the help is."""
        self.print_usage()
        self.exit(2, f"参数有误 wrong arguments: {message}\n详见 see: {self.prog} --help\n")


class Verbs:
    """The commands of a family."""

    def __init__(self, parser: BilingualParser) -> None:
        """Let `parser` ask for one of them; the chosen one stands in `verb`."""
        self._family = parser.add_subparsers(
            dest="verb", required=True, title="命令 commands", metavar="命令 command", parser_class=BilingualParser
        )

    def add(self, name: str, zh: str, en: str) -> BilingualParser:
        """Add a command and return its parser."""
        return self._family.add_parser(name, help=f"{zh} / {en}", zh=zh, en=en)


def argument(parser: BilingualParser, name: str, zh: str, en: str, **options: Any) -> None:  # noqa: ANN401  # argparse's own
    """Add an argument with its meaning in both languages."""
    parser.add_argument(name, help=f"{zh} / {en}", **options)
