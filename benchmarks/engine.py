"""The engine's own weight: start-up of the command line, and 10,000 rules over 100 assets on stored evidence.

Run it with ``python benchmarks/engine.py``. Goals (DESIGN.md): `--version` and `policy lint` <= 0.25 s, overhead of a look after the first
<= 0.2 s, 10,000 rules on stored evidence <= 10 s and <= 500 MB. The peer of start-up is an interpreter that imports pydantic, in the same run.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RULES, ASSETS = 10_000, 100
CLI = [sys.executable, "-c", "from lepton_audit.cli import main; main()"]


def seconds(command: list[str], runs: int = 7) -> float:
    """Median wall time of the command."""
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def start_up() -> None:
    """`--version` and `policy lint`, beside a bare interpreter and pydantic."""
    peer = seconds([sys.executable, "-c", "import pydantic.main"])
    print(f"import pydantic                {peer:.3f} s")
    for name, arguments in (("--version", ["--version"]), ("policy lint", ["policy", "lint", "lepton-baseline"])):
        took = seconds([*CLI, *arguments])
        print(f"lepton-audit {name:17} {took:.3f} s  ({took / peer:.2f} x pydantic's import)  goal 0.250 s")


def big_target(folder: Path, rules: int) -> tuple[Path, Path]:
    """A target of 100 tables, and a policy of so many rules over them."""
    (folder / "t").mkdir(exist_ok=True)
    rows = "age,zip,sick\n" + "".join(f"{20 + i % 3},{i % 2},{i % 5}\n" for i in range(60))
    assets = []
    for i in range(ASSETS):
        (folder / f"t/{i}.csv").write_text(rows)
        columns = "{age: quasi-identifier, zip: quasi-identifier, sick: sensitive}"
        assets.append(f"  t{i}: {{kind: table, uri: t/{i}.csv, columns: {columns}}}\n")
    target = folder / "target.yaml"
    target.write_text("apiVersion: lepton-audit/v1\nkind: Target\nmetadata: {id: big}\nassets:\n" + "".join(assets))
    controls = "".join(
        f"  - {{id: c{i}, title: Groups are large, severity: high, rules: [{{id: r, probe: privacy.k-anonymity, on: {{table: t{i % ASSETS}}}, "
        f"require: {{k: {{min: {1 + i % 10}}}, l: {{min: 1}}}}}}]}}\n"
        for i in range(rules)
    )
    policy = folder / f"policy-{rules}.yaml"
    policy.write_text(
        f"apiVersion: lepton-audit/v1\nkind: Policy\nmetadata: {{id: big-{rules}, version: 1.0.0}}\ncontrols:\n{controls}"
    )
    return target, policy


MEASURE = """
import json, resource, sys, time
from lepton_audit.auditing import audit
began = time.perf_counter()
report = audit(sys.argv[1], [sys.argv[2]], store=sys.argv[3])
took = time.perf_counter() - began
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
c = report.coverage
print(json.dumps({"seconds": took, "mb": peak, "rules": c.rules, "looks": c.looks, "reused": c.reused, "decided": c.decided}))
"""


def conducted(target: Path, policy: Path, store: Path) -> dict[str, float]:
    """One audit in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, target, policy, store], check=True, capture_output=True, text=True
    )
    said: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return said


def scale() -> None:
    """10,000 rules over 100 assets, on stored evidence; and what a look costs, from the run that stored it."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        target, few = big_target(folder, ASSETS)
        _, many = big_target(folder, RULES)
        first = conducted(target, few, folder / "store.sqlite")
        again = conducted(target, few, folder / "store.sqlite")
        overhead = (first["seconds"] - again["seconds"]) / first["looks"]
        print(
            f"{first['looks']} looks at small tables      {first['seconds']:.1f} s, {overhead:.3f} s a look with its query  goal 0.200 s"
        )
        big = conducted(target, many, folder / "store.sqlite")
        print(
            f"{big['rules']} rules, {big['reused']} of {big['looks']} looks reused, {big['decided']} decided: "
            f"{big['seconds']:.1f} s, {big['mb']:.0f} MB  goal 10 s, 500 MB"
        )


if __name__ == "__main__":
    start_up()
    scale()
    print(f"peak of this script's children: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.0f} MB")
