"""`federated.setup`: how a federation is set up, read from its project and its deployment commands."""

from __future__ import annotations

from lepton_audit import Doubt, Federation, LookRefused, probe
from lepton_federated.connections import connections, table
from lepton_federated.deployment import Deployment, deployment
from lepton_federated.evidence import FederationSetup
from lepton_federated.flags import authenticated, encrypted, insecure
from lepton_federated.project import Project
from lepton_federated.tristate import capped, worst


@probe("federated.setup", version=1)
def setup(federation: Federation) -> FederationSetup:
    """TLS, node authentication, secure aggregation, differential privacy and cohort of a federation are known, or said to be unknown."""
    project = Project(federation)
    deployed = deployment(project)
    if not deployed.commands and not any(table(s, "tool", "flwr") for s in project.settings.values()):
        raise LookRefused("nothing of a federation is in the folder")
    superlinks = deployed.of("superlink")
    linked = list(connections(project))
    tls = worst(
        [
            *map(encrypted, superlinks),
            *map(encrypted, deployed.of("supernode")),
            *(False if c.insecure else True for c in linked),
        ]
    )
    return FederationSetup(
        framework="flower",
        tls=capped(tls, certain=bool(superlinks) and deployed.complete),
        node_authentication=capped(worst(map(authenticated, superlinks)), certain=deployed.complete),
        secure_aggregation=None,
        differential_privacy=None,
        noise_multiplier=None,
        clipping_norm=None,
        dp_epsilon=None,
        dp_delta=None,
        minimum_clients=None,
        fraction_train=None,
        rounds=None,
        raw_data_uploaded=None,
        raw_uploads=(),
        insecure_flags=tuple(
            [
                *(f for c in deployed.commands if c.program != "run" for f in insecure(c)),
                *(c.where for c in linked if c.insecure),
            ]
        ),
        superlink_commands=tuple(c.where for c in superlinks),
        supernode_commands=tuple(c.where for c in deployed.of("supernode")),
        commands=len(deployed.commands),
        files_read=tuple(sorted(project.read)),
        files_not_understood=tuple(sorted(project.trouble)),
        doubts=tuple(Doubt(because=f"{name}: {why}") for name, why in sorted(project.trouble.items())),
    )
