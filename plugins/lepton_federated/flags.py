"""What the flags of `flower-superlink` and `flower-supernode` say.

Source: Flower 1.36 to 1.41, the argument parsers of both programs. argparse takes any unique beginning of a flag for the flag.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lepton_federated.commands import UNKNOWN, Command
from lepton_federated.tristate import Known

SWITCHES = {
    "superlink": (
        "--insecure",
        "--enable-supernode-auth",
        "--simulation",
        "--allow-runtime-dependency-installation",
        "--disable-runtime-dependency-installation",
        "--help",
        "--version",
    ),
    "supernode": (
        "--insecure",
        "--grpc-rere",
        "--grpc-adapter",
        "--rest",
        "--allow-runtime-dependency-installation",
        "--disable-runtime-dependency-installation",
        "--help",
        "--version",
    ),
}
VALUED = {
    "superlink": (
        "--ssl-certfile", "--ssl-keyfile", "--ssl-ca-certfile", "--isolation", "--database", "--storage-dir",
        "--auth-list-public-keys", "--log-file", "--log-rotation-interval-hours", "--log-rotation-backup-count",
        "--serverappio-api-address", "--simulationio-api-address", "--fleet-api-type", "--fleet-api-address",
        "--fleet-api-num-workers", "--control-api-address", "--exec-api-address", "--executor", "--executor-dir",
        "--executor-config", "--account-auth-config", "--artifact-provider-config", "--health-server-address",
        "--host", "--port", "--appio-ssl-certfile", "--appio-ssl-keyfile", "--appio-ssl-ca-certfile",
    ),
    "supernode": (
        "--isolation", "--clientappio-api-address", "--trusted-entities", "--root-certificates", "--superlink",
        "--max-retries", "--max-wait-time", "--auth-supernode-private-key", "--auth-supernode-public-key",
        "--node-config", "--health-server-address",
        "--host", "--port", "--ssl-certfile", "--ssl-keyfile", "--ssl-ca-certfile",
        "--appio-ssl-certfile", "--appio-ssl-keyfile", "--appio-ssl-ca-certfile",
    ),
}  # fmt: skip
CERTIFICATES = ("--ssl-ca-certfile", "--ssl-certfile", "--ssl-keyfile")
AUTHENTICATION = ("--enable-supernode-auth", "--auth-list-public-keys")


@dataclass(frozen=True)
class Flags:
    """The flags of one command: name -> value (empty for a switch), and whether something may be hidden."""

    given: dict[str, str]
    hidden: bool
    """A word whose text is unknown may be any flag."""

    def all(self, names: tuple[str, ...]) -> bool:
        """Each of them has a value."""
        return all(self.given.get(name) for name in names)


def flags(command: Command) -> Flags:
    """The command's flags, as argparse would read them."""
    given: dict[str, str] = {}
    hidden = False
    words = list(command.words)
    while words:
        word = words.pop(0)
        name, stated, value = word.partition("=")
        flag = _flag(command.program, name)
        if flag is None:
            hidden |= word.startswith(UNKNOWN) or (name.startswith("-") and UNKNOWN in name)
        elif flag in SWITCHES[command.program]:
            given[flag] = flag
        elif stated:
            given[flag] = value
        else:
            given[flag] = words.pop(0) if words and not words[0].startswith("-") else ""
    return Flags(given, hidden)


def _flag(program: str, word: str) -> str | None:
    known = SWITCHES[program] + VALUED[program]
    if word in known or not word.startswith("--"):
        return word if word in known else {"-h": "--help", "-V": "--version"}.get(word)
    found = [flag for flag in known if flag.startswith(word)]
    return found[0] if len(found) == 1 else None


def starts(command: Command) -> bool:
    """The command starts something, and doesn't just print its help or version."""
    return not {"--help", "--version"} & flags(command).given.keys()


def encrypted(command: Command) -> Known:
    """The link is under TLS."""
    read = flags(command)
    if "--insecure" in read.given or read.given.get("--superlink", "").startswith("http://"):
        return False
    if command.program == "supernode":
        return None if read.hidden else True
    return None if read.hidden else read.all(CERTIFICATES)


def authenticated(command: Command) -> Known:
    """A superlink admits registered keys only. It refuses to start so without TLS."""
    read = flags(command)
    if "--insecure" in read.given:
        return False
    if any(read.given.get(flag) for flag in AUTHENTICATION):
        return None if read.hidden else True
    return None if read.hidden else False


def insecure(command: Command) -> Iterator[str]:
    """Where and how the command switches TLS off."""
    read = flags(command)
    if "--insecure" in read.given:
        yield f"{command.where} flower-{command.program} --insecure"
    if read.given.get("--superlink", "").startswith("http://"):
        yield f"{command.where} flower-{command.program} --superlink http://"
