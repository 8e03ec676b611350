"""`federated.setup`: how a federation is set up, read from its project and its deployment commands."""

from __future__ import annotations

from lepton_audit import Federation, probe
from lepton_federated.evidence import FederationSetup


@probe("federated.setup", version=1)
def setup(federation: Federation) -> FederationSetup:
    """How a federation is set up is known, as far as its folder tells.

    What it does: Reads a federated-learning project without running it: pyproject.toml and Flower's config.toml, the Python sources
    (followed through assignments, calls and constants from the apps that are named as components), and every command that starts a
    node, in shell scripts, Dockerfiles, Compose and Kubernetes files, systemd units, Makefiles, Procfiles and Python. A flag in a comment, an
    echo or a README doesn't count; of several commands the worst does; a mechanism counts only where it is wired into the app that runs.
    Why it matters: Updates leak training data, a plain link shows and changes them, a server without node authentication takes them from
    anyone, and a federation whose participants upload rows is a central database under another name.
    Source: Flower 1.36 to 1.41 (command-line parsers, strategies, mods, workflows); Bonawitz et al., Practical Secure Aggregation, CCS 2017;
    McMahan et al., Learning Differentially Private Recurrent Language Models, ICLR 2018.
    Known limits: What a project does at run time isn't seen: environment variables, generated commands and Helm templates stay unknown; a name
    that is put together from pieces isn't noticed. Secure aggregation and noise of a project's own making are noticed as unknown, never as
    present. The order of secaggplus_mod and fixedclipping_mod isn't checked: the clipping mod must stand behind the masking one. The noise
    multiplier takes participants to count alike; weighted by examples, one of them may weigh more. A proxy that adds TLS isn't seen. Uploads are
    followed through common libraries only, and exits known by name; a clean answer there is tested, not proven.
    """
    from lepton_federated.seen import seen_of

    return seen_of(federation)
