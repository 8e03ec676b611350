"""Law 1: the answer of a look is a stranger's; whatever it says or does to its scratch folder, the audit ends with one error."""

from __future__ import annotations

import pytest

from lepton_audit.auditing import Options, audit
from lepton_audit.gather.interface import Limits

RULE = "probe: strange.look, require: {lines: {equals: 1}}"
END = "; os._exit(0)"
ANSWERS = {
    "nested-too-deeply": ("say('[' * 100000 + ']' * 100000)" + END, "silent"),
    "values-nested-too-deeply": ("""say('{"values": {"lines": ' + '[' * 100000 + ']' * 100000 + '}}')""" + END, "silent"),
    "failed-is-a-number": ("""say('{"failed": 5}')""" + END, "silent"),
    "failed-is-empty": ("""say('{"failed": {}}')""" + END, "silent"),
    "failed-is-a-pass": ("""say('{"failed": "pass", "because": "all is well"}')""" + END, "silent"),
    "failed-is-the-engine's": ("""say('{"failed": "no_plugin", "because": "none"}')""" + END, "silent"),
    "values-are-a-list": ("""say('{"values": [1]}')""" + END, "silent"),
    "last-is-a-text": ("""say('{"values": {"lines": 1}, "last": "yes"}')""" + END, "silent"),
    "answer-is-a-pipe": ("os.mkfifo('answer.json')" + END, "silent"),
    "answer-is-a-link": ("""open('x', 'w').write('{"values": {"lines": 1}}'); os.symlink('x', 'answer.json')""" + END, "silent"),
    "answer-is-a-folder": ("os.mkdir('answer.json')" + END, "silent"),
    "killed-by-a-nameless-signal": ("os.kill(os.getpid(), 40); time.sleep(9)", "silent"),
    "a-surrogate-as-reason": (r"raise Unopenable('\\udcff', next_step='\\udcfe')", "unopenable"),
    "a-terminal-sequence-as-reason": (r"raise Unopenable('\\x1b[2J\\nall pass\\u202e')", "unopenable"),
    "a-reason-that-is-none": ("raise Unopenable(None)", "unopenable"),
    "a-kind-that-is-none": ("e = Unopenable('x'); e.kind = 'pass'; raise e", "crash"),
    "a-surrogate-as-evidence": (r"return Seen.model_construct(lines='\\udcff')", "crash"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "kind"), ANSWERS.values(), ids=ANSWERS)
def test_a_hostile_answer_is_one_error(body, kind, strange, target, store, policy):
    registry = strange(body)
    report = audit(target, [policy(RULE)], store=store, registry=registry, options=Options(limits=Limits(seconds=8)))
    (finding,) = report.findings
    assert finding.verdict == "error"
    assert finding.because.startswith(f"{kind}: ")
    assert (finding.because + finding.next_step).isprintable()
    assert report.gate.exit_code == 3


LINE = "line = [o for o in __import__('gc').get_objects() if isinstance(o, socket.socket) and o.fileno() >= 0][0]"
QUESTIONS = {
    "a-list": """say('{"values": [1]}')""",
    "of-another-type": """say('{"values": {"lines": "many"}, "state": "{}", "last": false}')""",
    "a-pipe": "os.mkfifo('answer.json')",
}


@pytest.mark.parametrize("answer", QUESTIONS.values(), ids=QUESTIONS)
def test_a_hostile_answer_is_checked_before_it_is_judged(answer, refining, target, store, policy):
    body = f"""
        {LINE}
        {answer}
        line.sendall(b'?'); line.recv(1)
        os._exit(0)"""
    report = audit(
        target, [policy(RULE)], store=store, registry=refining(body), options=Options(limits=Limits(seconds=8))
    )
    assert report.findings[0].verdict == "error"
    assert report.gate.exit_code == 3


def test_a_look_that_asks_without_end_and_never_listens_is_over_in_time(refining, target, store, policy):
    body = f"""
        {LINE}
        say('{{"values": {{"lines": 3}}, "last": false, "state": ""}}')
        while True: line.sendall(b'?')"""
    report = audit(
        target, [policy(RULE)], store=store, registry=refining(body), options=Options(limits=Limits(seconds=2))
    )
    assert report.findings[0].verdict in {"error", "fail"}


@pytest.mark.parametrize("end", ["os._exit(0)", "os.kill(os.getpid(), signal.SIGSEGV)"])
def test_a_refinable_look_that_vanishes_after_its_first_answer_is_a_crash(end, refining, target, store, policy):
    """What it said first was good enough for nothing, and the rest is missing: no evidence."""
    registry = refining(f"yield Sharper(Seen(lines=1, doubts=(Doubt(because='early'),)), Read(n=1)); {end}")
    (finding,) = audit(target, [policy(RULE)], store=store, registry=registry).findings
    assert finding.verdict == "error"
    assert finding.because.startswith("crash: the look ended before its last answer")


def test_a_refinable_look_that_comes_to_its_end_without_saying_so_is_evidence(refining, target, store, policy):
    registry = refining("yield Sharper(Seen(lines=1, doubts=(Doubt(because='never sure'),)), Read(n=1)); return")
    (finding,) = audit(target, [policy(RULE)], store=store, registry=registry).findings
    assert finding.verdict == "undecided"


@pytest.mark.parametrize("output", ["os.mkfifo('output.txt')", "os.symlink(path, 'output.txt')"])
def test_the_output_of_a_look_is_shown_only_from_a_file_of_its_own(output, strange, target, store, policy, capfd):
    registry = strange(f"os.unlink('output.txt'); {output}")
    report = audit(target, [policy(RULE)], store=store, registry=registry, options=Options(debug=True))
    assert report.verdict == "conformant"
    assert "x line" not in capfd.readouterr().err


@pytest.mark.parametrize("seconds", [float("inf"), float("nan"), 1e300])
def test_a_limit_without_end_is_ten_days(seconds, acme, target, store):
    report = audit(target, ["acme-house"], store=store, registry=acme, options=Options(limits=Limits(seconds=seconds)))
    (record, *_) = report.evidence.values()
    assert record.confinement is not None
    assert record.confinement.seconds == 864000.0
