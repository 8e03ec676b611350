"""Shell text as logical lines: comments gone, continuations joined, variables filled in where the text itself tells them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice, product

from lepton_federated.commands import UNKNOWN

MOST_READINGS = 32
"""Beyond so many combinations of possible values a variable's text counts as unknown."""
LONGEST = 50_000
"""Characters of the longest line that is read."""
HERE = re.compile(r"<<-?\s*(['\"]?)(\w+)\1")
ARRAY = re.compile(r"\w+\+?=\($")
EXPANSION = re.compile(
    r"\$(?:(?P<name>\w+)|\{(?P<braced>\w+)(?P<array>\[[@*]\])?(?:(?P<operator>:?[-+=?])(?P<word>[^{}]*))?\}|(?P<special>[@*#?$!]))"
)


@dataclass
class Line:
    """A logical line with the number of its first physical line, and the here-document fed to it."""

    text: str
    number: int
    document: list[str] = field(default_factory=list)


def logical_lines(text: str) -> Iterator[Line]:
    """Every logical line: a newline inside quotes, after a backslash or inside an array doesn't end it.

    Raises: ValueError where a line is longer than anyone writes.
    """
    if max(map(len, text.splitlines()), default=0) > LONGEST:
        raise ValueError("a line is longer than anyone writes")
    physical = enumerate(text.splitlines(), 1)
    for number, line in physical:
        joined = _Joined()
        joined.add(line)
        while joined.open:
            following = next(physical, None)
            if following is None:
                break
            joined.add(following[1])
        here = HERE.search(joined.text)
        document = list(_document(physical, here[2])) if here else []
        if joined.text.strip():
            yield Line(joined.text, number, document)


def _document(physical: Iterator[tuple[int, str]], end: str) -> Iterator[str]:
    for _, line in physical:
        if line.strip() == end:
            return
        yield line


class _Joined:
    """Physical lines on their way to a logical one; knows whether a quote or an array is still open."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.quote = ""
        self.array = False
        self.open = False

    @property
    def text(self) -> str:
        """All that was joined."""
        return "".join(self.pieces)

    def add(self, line: str) -> None:
        """The line is joined, without its comment."""
        continued, at = False, 0
        while at < len(line) and not continued:
            character = line[at]
            if character == "\\" and self.quote != "'":
                continued = at == len(line) - 1
                self.pieces.append("" if continued else line[at : at + 2])
                at += 2
                continue
            if character == "#" and not self.quote and self._at_word():
                break
            self._step(character)
            at += 1
        self.open = bool(self.quote) or self.array or continued
        if (self.quote or self.array) and not continued:
            self.pieces.append("\n" if self.quote else " ")

    def _at_word(self) -> bool:
        """A word begins here: only there is a hash a comment."""
        last = next((piece for piece in reversed(self.pieces) if piece), " ")
        return last[-1] in " \t;&|()\n"

    def _step(self, character: str) -> None:
        if self.quote:
            self.quote = "" if character == self.quote else self.quote
        elif character in "'\"":
            self.quote = character
        elif character == "(" and ARRAY.search("".join(self.pieces[-64:]) + character):
            self.array = True
        elif character == ")":
            self.array = False
        self.pieces.append(character)


Values = Mapping[str, frozenset[str]]
"""Variable -> every text it may hold."""


def readings(text: str, values: Values) -> list[str]:
    """Each text that the line may stand for, with every variable replaced; single quotes keep theirs."""
    pieces: list[list[str]] = []
    for quoted, piece in _quoted(text):
        pieces.append([piece] if quoted else [])
        if not quoted:
            pieces[-1:] = _expanded(piece, values)
    combinations = list(islice(product(*pieces), MOST_READINGS + 1))
    if len(combinations) > MOST_READINGS:
        return ["".join(options[0] if len(options) == 1 else UNKNOWN for options in pieces)]
    return ["".join(combination) for combination in combinations]


def _quoted(text: str) -> Iterator[tuple[bool, str]]:
    """The text's pieces, and whether each stands in single quotes."""
    start, at, double = 0, 0, False
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] == '"':
            double = not double
        elif text[at] == "'" and not double:
            end = text.find("'", at + 1)
            end = len(text) - 1 if end < 0 else end
            yield False, text[start:at]
            yield True, text[at : end + 1]
            start, at = end + 1, end
        at += 1
    yield False, text[start:]


def _expanded(piece: str, values: Values) -> Iterator[list[str]]:
    """The piece cut at its variables, each as the list of its possible texts."""
    piece = re.sub(r'"(\$\{\w+\[[@*]\]\})"', r"\1", piece)
    piece = _without_substitutions(piece)
    last = 0
    for found in EXPANSION.finditer(piece):
        if found.start() and piece[found.start() - 1] == "\\":
            continue
        yield [piece[last : found.start()]]
        yield sorted(_texts(found, values))
        last = found.end()
    yield [re.sub(r"(?<!\\)\$\{[^}]*\}", UNKNOWN, piece[last:])]


def _without_substitutions(piece: str) -> str:
    """What a command substitution prints is unknown."""
    piece = re.sub(r"`[^`]*`", UNKNOWN, piece)
    while (shorter := re.sub(r"\$\([^()]*\)", UNKNOWN, piece)) != piece:
        piece = shorter
    return piece


def _texts(found: re.Match[str], values: Values) -> frozenset[str]:
    name, operator = found["name"] or found["braced"], found["operator"] or ""
    held = values.get(name or "", frozenset((UNKNOWN,)))
    otherwise = frozenset(readings(found["word"], values)) if operator and "?" not in operator else frozenset()
    if operator.endswith("+"):
        return otherwise | {""} if name not in values or "" in held or UNKNOWN in held else otherwise
    if otherwise and (name not in values or "" in held or UNKNOWN in held):
        return (held - {""}) | otherwise
    return held
