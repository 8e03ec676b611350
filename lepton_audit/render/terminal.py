"""The verdict on a terminal: failing first, in words and not only in colour."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lepton_audit.facts.finding import VERDICTS, Finding, Measured
from lepton_audit.facts.policy import SEVERITIES
from lepton_audit.facts.report import Report
from lepton_audit.render.words import (
    COUNT_OF,
    OPEN,
    WORD,
    counted,
    interval_of,
    on_one_line,
    required,
    value_of,
    verdict_word,
)

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

ALL_SHOWN = 60
"""Up to so many findings, every one has its row; beyond, those that ask for nothing are only counted."""
ROWS = 200
"""So many rows at most; what is left is counted, and stands in the report."""
MEASURED_SHOWN = 4
"""So many measured fields of one finding, those that decide it."""
COLOUR = {
    "fail": "bold red",
    "error": "bold magenta",
    "undecided": "bold yellow",
    "unattested": "bold yellow",
    "waived": "blue",
    "pass": "green",
    "attested": "cyan",
    "not_applicable": "dim",
}
OUTCOME = {"conformant": "bold green", "nonconformant": "bold red", "incomplete": "bold magenta"}


def render_terminal(report: Report, console: Console) -> None:
    """The verdict table, the faults, the coverage and the gate's sentence are on the console.

    Names and values are written as plain text: no markup, no escape sequence, no line break of theirs takes effect.
    """
    ruled = [f for f in _in_order(report.findings) if f.rule is not None]
    shown = [f for f in ruled if len(ruled) <= ALL_SHOWN or f.verdict in OPEN]
    if shown:
        console.print(_table(shown[:ROWS], console))
    if len(shown) > ROWS:
        _line(console, f"{counted(len(shown) - ROWS, 'finding')} more stand in the report")
    for line in _attestations(report.findings):
        _line(console, line)
    for fault in report.faults:
        consequence = " (makes the report incomplete)" if fault.breaks else ""
        _line(
            console,
            f"fault: {fault.kind} {fault.who}{consequence}: {fault.because}. {fault.next_step}",
            style="magenta",
        )
    _line(console, coverage_line(report))
    _line(console, _outcome(report), style=OUTCOME[report.verdict])


def _attestations(findings: Iterable[Finding]) -> list[str]:
    """A line for each verdict on what humans attest, with the controls."""
    asked = [finding for finding in _in_order(findings) if finding.rule is None]
    by_verdict = {verdict: [f.control for f in asked if f.verdict == verdict] for verdict in VERDICTS}
    return [f"{WORD[verdict]}: {', '.join(names)}" for verdict, names in by_verdict.items() if names]


def coverage_line(report: Report) -> str:
    """Every count of the coverage that isn't zero: ``12 judgements: 3 fail, 9 pass``."""
    counts = ((getattr(report.coverage, COUNT_OF[v]), WORD[v]) for v in VERDICTS)
    said = ", ".join(f"{count:,} {word}" for count, word in counts if count)
    looks = f"{counted(report.coverage.looks, 'look')}, {report.coverage.reused:,} reused"
    return f"{counted(report.coverage.rules, 'judgement')}: {said or 'none'} ({looks})"


def _in_order(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda f: (VERDICTS.index(f.verdict), -SEVERITIES.index(f.severity)))


def _table(findings: Iterable[Finding], console: Console) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", highlight=False)
    table.add_column("Verdict", no_wrap=True)
    table.add_column("Severity", no_wrap=True)
    table.add_column("Control", overflow="fold", min_width=20)
    table.add_column("Asset", overflow="fold", min_width=8)
    table.add_column("Measured, required", overflow="fold", min_width=24)
    for finding in findings:
        table.add_row(
            _text(verdict_word(finding), console, style=COLOUR[finding.verdict]),
            _text(finding.severity, console),
            _text(finding.title, console),
            _text(", ".join(finding.assets[name] for name in sorted(finding.assets)), console),
            Text("\n").join(_text(line, console) for line in _why(finding)),
        )
    return table


def _why(finding: Finding) -> list[str]:
    """What was measured beside what was required, a line each; the reason where that doesn't tell it."""
    if finding.verdict not in ("pass", "fail") or not finding.measured:
        return [finding.because, *([f"next: {finding.next_step}"] if finding.next_step else [])]
    deciding = [m for m in finding.measured if m.verdict == finding.verdict]
    left = len(deciding) - MEASURED_SHOWN
    return [*map(_beside, deciding[:MEASURED_SHOWN]), *([f"{counted(left, 'field')} more"] if left > 0 else [])]


def _beside(measured: Measured) -> str:
    interval = interval_of(measured).partition(", ")[0]
    return f"{measured.field}: {value_of(measured)}{f' ({interval})' if interval else ''}; {required(measured)}"


def _line(console: Console, text: str, *, style: str = "") -> None:
    console.print(_text(text, console, style=style))


def _text(text: str, console: Console, *, style: str = "") -> Text:
    from rich.text import Text

    safe = on_one_line(text)
    if console.options.ascii_only:
        safe = safe.encode("ascii", "backslashreplace").decode()
    return Text(safe, style=style)


def _outcome(report: Report) -> str:
    """The gate's sentence, behind the verdict unless it begins with it."""
    sentence = report.gate.sentence
    begins = sentence.lower().startswith(report.verdict)
    return sentence if begins else f"{report.verdict.capitalize()}: {sentence}"
