"""The Flower commands of shell text.

Source: POSIX.1-2024, Shell Command Language, 2.2-2.10; Bash's arrays.
Known limits: sourced files, functions' arguments and the environment aren't followed: what comes from them is unknown.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from itertools import pairwise, takewhile

from lepton_federated.commands import MENTIONS, UNKNOWN, Command, program
from lepton_federated.flags import SWITCHES, VALUED
from lepton_federated.shell_lines import Line, logical_lines, readings

SILENT = frozenset({"echo", "printf", "cat", "grep", "egrep", "sed", "awk", "which", "type", "man", "pip", "pip3", "apt", "apt-get", "pkill", "killall", "pgrep", "test", "[", "[[", "rm", "cp", "mv", "mkdir", "ls", "chmod", "chown", "tail", "head", "touch", "cd", "git", ":", "export", "readonly", "unset", "hash", "apk", "yum", "dnf"})  # fmt: skip
"""Programs that don't start what they name."""
INTERPRETERS = frozenset({"sh", "bash", "dash", "zsh", "ssh", "eval", "xargs"})
OPENING = frozenset({"if", "for", "while", "until", "case", "{", "select"})
CLOSING = frozenset({"fi", "done", "esac", "}"})
KEYWORDS = (
    OPENING
    | CLOSING
    | {"then", "else", "elif", "do", "!", "time", "exec", "nohup", "command", "builtin", "env", "sudo"}
)
ASSIGNMENT = re.compile(r"(?P<name>[A-Za-z_]\w*)(?P<more>\+?)=(?P<value>.*)", re.DOTALL)
DECLARING = frozenset({"export", "readonly", "local", "declare", "typeset"})
TELLING = tuple(
    flag
    for flag in (*SWITCHES["superlink"], *VALUED["superlink"])
    if flag.startswith(("--ssl-", "--enable-", "--fleet"))
)
"""Flags by which a superlink is known even where its program's name isn't."""


def shell_commands(text: str, where: str, *, first: int = 1) -> Iterator[Command]:
    """Every Flower command that the text may start. ``where``: the file; ``first``: the number of the text's first line.

    Raises: ValueError where a quote never ends.
    """
    reader = _Shell(where, first)
    for line in logical_lines(text):
        yield from reader.commands(line)


class _Shell:
    """What is known of the variables so far."""

    def __init__(self, where: str, first: int) -> None:
        self.where, self.first = where, first
        self.values: dict[str, frozenset[str]] = {}
        self.depth = 0

    def commands(self, line: Line) -> Iterator[Command]:
        """The commands of one logical line, each possible reading of it; assignments are remembered."""
        if array := re.fullmatch(r"\s*(?:local |declare -a |readonly )?(\w+)(\+?)=\((.*)\)\s*", line.text, re.DOTALL):
            self._assign(array[1], array[2], readings(array[3], self.values), conditional=self.depth > 0)
            return
        at = f"{self.where}:{self.first + line.number - 1}"
        found: dict[Command, None] = {}
        read = readings(line.text, self.values)
        for reading in read:
            found.update(dict.fromkeys(_of_words(_words(reading), at)))
        self._remember(line.text)
        yield from found
        for inner in re.findall(r"\$\(([^()]*)\)|`([^`]*)`", line.text):
            if MENTIONS.search("".join(inner)):
                yield from shell_commands("".join(inner), self.where, first=self.first + line.number - 1)
        if line.document and any(_head(words) in INTERPRETERS for words in _simple(_words(read[0]))):
            yield from shell_commands("\n".join(line.document), self.where, first=self.first + line.number)

    def _remember(self, text: str) -> None:
        """Assignments change what a variable may hold; inside a branch its other values stay possible."""
        words = _words(text)
        conditional = "&&" in words or "||" in words
        for simple in _simple(words):
            leading = list(takewhile(KEYWORDS.__contains__, simple))
            self.depth += sum(word in OPENING for word in leading) - sum(word in CLOSING for word in leading)
            stated = [word for word in simple if word not in DECLARING | KEYWORDS and not word.startswith("-")]
            matches = [ASSIGNMENT.fullmatch(word) for word in stated]
            for match in matches if all(matches) else ():
                if match:
                    self._assign(
                        match["name"],
                        match["more"],
                        readings(match["value"], self.values),
                        conditional=conditional or self.depth > 0,
                    )

    def _assign(self, name: str, more: str, texts: Sequence[str], *, conditional: bool) -> None:
        before = self.values.get(name, frozenset())
        new = frozenset(f"{old} {text}" for old in before or {""} for text in texts) if more else frozenset(texts)
        self.values[name] = new | (before or {UNKNOWN}) if conditional else new


def _words(text: str) -> list[str]:
    text = re.sub(r"\$(?=['\"])", "", text)
    lexer = shlex.shlex(text, posix=True, punctuation_chars="();<>|&")
    lexer.whitespace_split = True
    lexer.commenters = ""
    return list(lexer)


def _simple(words: list[str]) -> Iterator[list[str]]:
    """The simple commands of a line, without redirections."""
    simple: list[str] = []
    skip = False
    for word, following in pairwise([*words, ";"]):
        if skip:
            skip = False
        elif word and set(word) <= set("<>&|") and set(word) & set("<>"):
            skip = True
        elif word and set(word) <= set("();|&"):
            yield simple
            simple = []
        elif not (word.isdigit() and following[:1] in {"<", ">"}):
            simple.append(word)
    yield simple


def _head(words: list[str]) -> str:
    """The program of a simple command."""
    named = (word for word in words if word not in KEYWORDS and not ASSIGNMENT.fullmatch(word))
    return next(named, "").rpartition("/")[2]


def _of_words(words: list[str], where: str) -> Iterator[Command]:
    simple = [words for words in _simple(words) if words]
    piped = any(_head(words) in INTERPRETERS for words in simple[1:])
    for words_ in simple:
        if _head(words_) not in SILENT:
            yield from _started(words_, where)
        elif piped:
            yield from _nested(" ".join(words_[1:]), where)


def _started(words: list[str], where: str) -> Iterator[Command]:
    for at, word in enumerate(words):
        if name := program(word):
            yield Command(name, tuple(_spread(words[at + 1 :])), where)
            return
        if word.rpartition("/")[2] == "flwr" and words[at + 1 : at + 2] == ["run"]:
            yield Command("run", tuple(words[at + 2 :]), where)
            return
        if MENTIONS.search(word) and re.search(r"\s", word):
            yield from _nested(word, where)
    if words[0].startswith(UNKNOWN) and any(word.partition("=")[0] in TELLING for word in words):
        yield Command("superlink", tuple(words[1:]), where)


def _spread(words: list[str]) -> Iterator[str]:
    """A brace that the shell would expand may hide any flag."""
    return (UNKNOWN if word.startswith("-") and "{" in word else word for word in words)


def _nested(text: str, where: str) -> Iterator[Command]:
    file, _, line = where.rpartition(":")
    yield from shell_commands(text, file, first=int(line))
