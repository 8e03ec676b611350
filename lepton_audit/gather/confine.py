"""The limits around a look, as strong as the kernel allows; what is in force is said in the evidence."""

from __future__ import annotations

import resource
import sys
from collections.abc import Sequence
from pathlib import Path

from lepton_audit.facts.look import Confinement, Request
from lepton_audit.gather import kernel, mounts
from lepton_audit.gather.messages import Fence
from lepton_audit.gather.privileges import dropped as privileges_dropped
from lepton_audit.gather.sockets import filtered
from lepton_audit.load.target import is_file

DEVICES = tuple(Path("/dev") / name for name in ("null", "zero", "full", "tty"))


def namespaces(fence: Fence) -> tuple[bool, bool]:
    """(processes, network) of the children of this process are in namespaces of their own."""
    wanted = kernel.CLONE_NEWPID | (kernel.CLONE_NEWNET if fence.ports == () else 0)
    if kernel.unshared(wanted):
        return True, fence.ports == ()
    return False, False


def confine(fence: Fence, *, pid_namespace: bool, net_namespace: bool) -> Confinement:
    """The calling process is limited from now on, and all that it starts."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (fence.file_size, fence.file_size))
    _first_to_die()
    metadata = mounts.sealed(fence.writable, pid_namespace=pid_namespace)
    shared = (Path(mounts.SHARED_MEMORY),) if metadata else ()
    files, network = kernel.landlocked((*fence.writable, *DEVICES, *shared), fence.ports)
    privileges = privileges_dropped()
    sockets = filtered(fence.ports, names=fence.names)
    return Confinement(
        seconds=fence.seconds,
        memory=fence.memory,
        processes="pid-namespace" if pid_namespace else "process-group",
        network="none" if net_namespace else "asset-ports" if network else "unrestricted",
        files="read-only" if files or metadata else "unrestricted",
        metadata="read-only" if metadata else "compared",
        sockets="filtered" if sockets else "unrestricted",
        privileges="none" if privileges else "kept",
    )


def _first_to_die() -> None:
    """Where memory runs out, the kernel takes this process before any other."""
    if sys.platform == "linux":
        Path("/proc/self/oom_score_adj").write_text("1000")


def writable_assets(request: Request) -> Sequence[Path]:
    """Paths of the assets that the target's permissions let a probe change."""
    named = [asset for asset in request.inputs.values() if request.permissions.may_write(asset.name)]
    return [Path(request.base) / asset.uri for asset in named if is_file(asset.uri)]
