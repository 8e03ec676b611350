"""`federated.setup`, mechanisms that are wired in and weakened all the same."""

from __future__ import annotations

import pytest

SERVER = "credit/server_app.py"
WRAPPER = "DifferentialPrivacyClientSideFixedClipping"
LATER = "    legacy = LegacyContext("


def after(line: str) -> dict[str, object]:
    """The hardened project with a line after its strategy was made."""
    return {SERVER: (LATER, f"    {line}\n{LATER}")}


def built(body: str) -> dict[str, object]:
    """The hardened project with a strategy class of its own on Flower's."""
    own = f"class Own({WRAPPER}):\n    {body}\n\n\napp = ServerApp()"
    return {SERVER: [(f"strategy = {WRAPPER}(", "strategy = Own("), ("app = ServerApp()", own)]}


@pytest.mark.parametrize(
    ("divisor", "effective"),
    [("100000", 1.1 * 8 / 100000), ("16", 0.55), ("8", 1.1), ("4", 1.1), ("int(input())", None)],
)
def test_the_multiplier_counts_by_those_who_are_sampled(changed, divisor, effective):
    """Standard deviation of the mean: z C / num_sampled_clients; one participant's share of it: C / sampled."""
    seen = changed({SERVER: ("num_sampled_clients=smallest", f"num_sampled_clients={divisor}")})
    assert seen.differential_privacy is True
    assert seen.noise_multiplier == (pytest.approx(effective) if effective else None)


def test_the_multiplier_of_an_unknown_cohort_is_unknown(changed):
    assert changed({SERVER: ("min_fit_clients=smallest", "min_fit_clients=int(input())")}).noise_multiplier is None


@pytest.mark.parametrize(
    "line",
    [
        "strategy.noise_multiplier = 0.0",
        'setattr(strategy, "noise_multiplier", 0.0)',
        "for s in [strategy]:\n        s.noise_multiplier = 0.0",
    ],
)
def test_noise_that_is_switched_off_later_is_off(changed, line):
    assert changed(after(line)).differential_privacy is False


@pytest.mark.parametrize(
    "line",
    [
        "setattr(strategy, input(), 0.0)",
        'exec("strategy.noise_multiplier = 0.0")',
        'strategy.__dict__["noise_multiplier"] = 0.0',
        "strategy.noise_multiplier = float(input())",
        "strategy.aggregate_fit = strategy.strategy.aggregate_fit",
        "strategy._add_noise_to_updates = lambda p: p",
        f"{WRAPPER}.aggregate_fit = lambda self, *given: self.strategy.aggregate_fit(*given)",
        f'setattr({WRAPPER}, "aggregate_fit", None)',
        "import flwr.server.strategy.dp_fixed_clipping as m\n    m.add_noise_to_params = lambda p, s: p",
        "import numpy\n    numpy.random.normal = lambda *given: 0",
    ],
)
def test_a_mechanism_that_is_replaced_is_unknown(changed, line):
    assert changed(after(line)).differential_privacy is None


@pytest.mark.parametrize(
    "body",
    [
        "def _add_noise_to_aggregated_arrays(self, arrays):\n        return arrays",
        "def _add_noise_to_updates(self, parameters):\n        return parameters",
        "def aggregate_train(self, *given):\n        return given",
        "noise_multiplier = property(lambda self: 0.0, lambda self, value: None)",
        "def __getattribute__(self, name):\n        return 0.0",
    ],
)
def test_a_class_that_replaces_a_part_of_the_mechanism_is_unknown(changed, body):
    assert changed(built(body)).differential_privacy is None


def test_a_class_that_sets_its_own_noise_later_is_heard(changed):
    body = "def __init__(self, *given, **more):\n        super().__init__(*given, **more)\n        self.noise_multiplier = 0.0"
    assert changed(built(body)).differential_privacy is not True


def test_a_cohort_that_shrinks_later_is_heard(changed):
    line = (
        "    strategy = DifferentialPrivacy",
        "    strategy.min_fit_clients = 1\n    strategy = DifferentialPrivacy",
    )
    assert changed({SERVER: line}).minimum_clients == 1


@pytest.mark.parametrize(
    "line", ["strategy.strategy.min_fit_clients = 1", "FedAvg.configure_fit = None", "exec(input())"]
)
def test_a_cohort_that_may_shrink_is_unknown(changed, line):
    assert changed(after(line)).minimum_clients is None


@pytest.mark.parametrize("line", ["strategy.title = 'x'", "print(strategy)", "context.state = None"])
def test_what_changes_nothing_is_no_doubt(changed, line):
    seen = changed(after(line))
    assert (seen.differential_privacy, seen.noise_multiplier, seen.minimum_clients) == (True, 1.1, 8)


def test_a_server_that_sees_the_masked_sum_only_clips_nobody(changed):
    """SecAgg+ gives each result the average: one participant's update of any size moves it past the norm before the server clips."""
    server_side = (WRAPPER, WRAPPER.replace("Client", "Server"))
    seen = changed({SERVER: server_side})
    assert (seen.secure_aggregation, seen.differential_privacy) == (True, False)


def test_a_server_that_sees_each_update_clips_it(changed):
    plain = ("fit_workflow=SecAggPlusWorkflow(num_shares=7, reconstruction_threshold=4)", "")
    seen = changed({SERVER: [(WRAPPER, WRAPPER.replace("Client", "Server")), plain]})
    assert (seen.secure_aggregation, seen.differential_privacy) == (False, True)
