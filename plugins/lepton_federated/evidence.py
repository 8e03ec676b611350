"""What `federated.setup` saw."""

from __future__ import annotations

from typing import Literal

from lepton_audit import Count, Evidence, Number, measure


class FederationSetup(Evidence):
    """How a federation is set up. ``None``: nothing in the folder says it."""

    framework: Literal["flower", "generic"] = measure(
        "Flower, or client-server code of the project's own", unit="name", strength="proven"
    )
    tls: bool | None = measure(
        "Every link between participants and server is encrypted by TLS", unit="boolean", strength="proven"
    )
    node_authentication: bool | None = measure(
        "The server admits known participants only", unit="boolean", strength="proven"
    )
    secure_aggregation: bool | None = measure(
        "The server sees the sum of the updates only, by a protocol wired into both apps",
        unit="boolean",
        strength="proven",
    )
    differential_privacy: bool | None = measure(
        "Noise of a differentially private mechanism, wired into the app, is added in every run",
        unit="boolean",
        strength="proven",
    )
    noise_multiplier: Number | None = measure(
        "Smallest standard deviation of the noise, over the clipping norm", unit="noise / norm", strength="proven"
    )
    clipping_norm: Number | None = measure(
        "Largest norm to which an update is clipped", unit="L2 norm", strength="proven"
    )
    dp_epsilon: Number | None = measure(
        "Largest epsilon that a LocalDpMod states for one message", unit="epsilon", strength="proven"
    )
    dp_delta: Number | None = measure(
        "Largest delta that a LocalDpMod states for one message", unit="delta", strength="proven"
    )
    minimum_clients: Count | None = measure(
        "Fewest participants that a round is started with", unit="participants", strength="proven"
    )
    fraction_train: Number | None = measure(
        "Largest share of the connected participants that trains in a round", unit="share", strength="proven"
    )
    rounds: Count | None = measure("Most rounds that a run has", unit="rounds", strength="proven")
    raw_data_uploaded: bool | None = measure(
        "A participant sends rows of its data to the server; no: all that was seen to be sent are model parameters and counts",
        unit="boolean",
        strength="tested",
    )
    raw_uploads: tuple[str, ...] = measure("Where rows are sent", unit="file:line", strength="tested")
    insecure_flags: tuple[str, ...] = measure(
        "Flags, settings and calls that switch TLS off", unit="file:line", strength="proven"
    )
    superlink_commands: tuple[str, ...] = measure("Where a server is started", unit="file:line", strength="proven")
    supernode_commands: tuple[str, ...] = measure("Where a participant is started", unit="file:line", strength="proven")
    commands: Count = measure("Deployment commands that were understood", unit="commands", strength="proven")
    files_read: tuple[str, ...] = measure("Files that were read", unit="path", strength="proven")
    files_not_understood: tuple[str, ...] = measure(
        "Files that might have said more, but couldn't be parsed", unit="path", strength="proven"
    )
