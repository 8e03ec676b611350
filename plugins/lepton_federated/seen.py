"""What a federation's project and its deployment commands show, gathered into evidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from lepton_audit import Doubt, Federation, LookRefused
from lepton_federated import cohort, mechanisms
from lepton_federated.connections import table
from lepton_federated.deployment import deployment
from lepton_federated.evidence import FederationSetup
from lepton_federated.exits import exits, participants
from lepton_federated.followed import concerns_code, followed, imports_flower
from lepton_federated.links import Links, flower_links, generic_links
from lepton_federated.mechanisms import Noise
from lepton_federated.project import Project
from lepton_federated.tristate import Known
from lepton_federated.uploads import of_answers, of_posts, uploaded

LINKS = ("tls", "node_authentication")
CODE = (
    "secure_aggregation", "differential_privacy", "noise_multiplier", "clipping_norm", "dp_epsilon", "dp_delta",
    "minimum_clients", "fraction_train", "rounds", "raw_data_uploaded",
)  # fmt: skip


def seen_of(federation: Federation) -> FederationSetup:
    """What the folder shows of a Flower federation, or of client-server code of its own. Raises LookRefused."""
    seen = _Seen(federation)
    return seen.flower() if seen.is_flower() else seen.generic()


class _Seen:
    """A federation's project, followed, on its way to evidence."""

    def __init__(self, federation: Federation) -> None:
        self.federation = federation
        self.project = Project(federation)
        self.deployed = deployment(self.project)
        self.code = followed(self.project, self.deployed.of("run"))
        self.posts = list(of_posts(self.code.made))

    def is_flower(self) -> bool:
        """The folder holds a Flower project. Raises LookRefused where it holds no federation, or another than was declared."""
        flower = bool(self.deployed.commands) or imports_flower(self.project) or self._settings()
        declared = self.federation.options.framework
        if not flower and (declared == "flower" or not (self.posts or generic_links(self.code).servers)):
            wanted = "Flower" if declared == "flower" else "a federation"
            broken = f"; {len(self.project.trouble)} files couldn't be understood" if self.project.trouble else ""
            raise LookRefused(
                f"federation {self.federation.name!r}: the folder holds nothing of {wanted}{broken}",
                next_step="Point `uri` at the project's folder, with its sources and deployment files.",
            )
        if flower and declared == "generic":
            raise LookRefused(
                f"federation {self.federation.name!r} is declared generic, and is a Flower project",
                next_step="Write `framework: flower`.",
            )
        return flower

    def _settings(self) -> bool:
        return any(table(settings, "tool", "flwr") for settings in self.project.settings.values())

    def flower(self) -> FederationSetup:
        """What a Flower project shows: uploads through Flower, and rows that are posted beside it."""
        answered, where = uploaded(of_answers(self.code.apps.returned))
        posted, beside = uploaded(self.posts)
        raw, where = (True, (*where, *beside)) if posted else (answered, where)
        own = list(of_posts(participants(self.code, self.project)))
        raw = None if raw is False and own and uploaded(own)[0] is None else raw
        noise = mechanisms.noise(self.code.apps)
        secure = mechanisms.secure_aggregation(self.code.apps)
        links = flower_links(self.project, self.deployed, self.code, where)
        return self._evidence("flower", links, noise, _Uploads(raw, where), secure)

    def generic(self) -> FederationSetup:
        """What client-server code of the project's own shows."""
        noise = mechanisms.own_noise(self.code.made, self.code.reached)
        secure = mechanisms.own_masks(self.code.made, self.code.reached)
        uploads = _Uploads(*uploaded(self.posts))
        return self._evidence("generic", generic_links(self.code), noise, uploads, secure)

    def _evidence(  # five sources meet here
        self, framework: Literal["flower", "generic"], links: Links, noise: Noise, uploads: _Uploads, secure: Known
    ) -> FederationSetup:
        left = tuple(dict.fromkeys(exits(self.code, self.project, flower=framework == "flower")))
        return FederationSetup(
            framework=framework,
            tls=links.tls,
            node_authentication=links.authenticated,
            secure_aggregation=self._certain(secure),
            differential_privacy=self._certain(noise.known),
            noise_multiplier=noise.multiplier,
            clipping_norm=noise.norm,
            dp_epsilon=noise.epsilon,
            dp_delta=noise.delta,
            minimum_clients=cohort.minimum_clients(self.code.apps),
            fraction_train=cohort.fraction_train(self.code.apps),
            rounds=cohort.rounds(self.code.apps),
            raw_data_uploaded=uploads.raw if uploads.raw is True or (self.code.complete and not left) else None,
            raw_uploads=uploads.where,
            insecure_flags=links.insecure,
            superlink_commands=links.servers,
            supernode_commands=links.nodes,
            commands=len(self.deployed.commands),
            files_read=tuple(sorted(self.project.read)),
            files_not_understood=tuple(sorted(self.project.trouble | self.project.hidden)),
            doubts=(*_doubts(self.project), *map(_left, left if uploads.raw is not True else ())),
        )

    def _certain(self, known: Known) -> Known:
        """Code that couldn't be followed might switch a mechanism off, or on."""
        return known if self.code.complete else None


@dataclass(frozen=True)
class _Uploads:
    raw: Known
    where: tuple[str, ...]


def _left(place: str) -> Doubt:
    return Doubt(because=f"{place} may send anything, and isn't followed", fields=("raw_data_uploaded",))


def _doubts(project: Project) -> Iterator[Doubt]:
    for name, why in sorted(project.hidden.items()):
        yield Doubt(because=f"{name}: {why}", fields=LINKS)
    for name, why in sorted(project.trouble.items()):
        fields = (*(CODE if concerns_code(project, name) else ()), *(() if name.endswith(".py") else LINKS))
        yield Doubt(because=f"{name}: {why}", fields=fields)
