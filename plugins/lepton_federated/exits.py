"""Where a participant's code may hand data to somebody in a way that isn't followed: the network, other programs, code made at run time.

Known limits: common libraries, by name; a file that is written for another program to send isn't seen.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from lepton_federated.code.sources import absolute, file_of
from lepton_federated.code.values import Constant, Made, Named, Origin, Value, origins
from lepton_federated.followed import Code
from lepton_federated.project import Project
from lepton_federated.uploads import POSTING, POSTING_METHODS, of_posts

PROGRAMS = r"subprocess\..*|os\.(?:system|popen|exec\w*|spawn\w*|posix_spawn\w*|fork\w*)|pty\..*|asyncio\.(?:create_subprocess_\w+|open_connection|open_unix_connection)|pexpect\..*|sh\.\w+|plumbum\..*|fabric\..*|invoke\..*|ctypes\..*"
STORES = r"(?:boto3?|botocore|aioboto3|s3fs|gcsfs|adlfs|fsspec|smart_open|minio|azure|oss2|dropbox|google|huggingface_hub|datasets\.push\w*|pydrive\d?)\b.*"
TRANSFERS = r"(?:ftplib|paramiko|pysftp|asyncssh|scp|smtplib|aiosmtplib|imaplib|poplib|nntplib|telnetlib|smbclient|smb|webdav\w*|pycurl|urllib3|aiohttp|treq|grequests|tftpy)\b.*"
BROKERS = r"(?:kafka|confluent_kafka|aiokafka|pika|kombu|celery|redis|aioredis|zmq|nats|paho|stomp|ray|wandb|mlflow|comet_ml|neptune|sentry_sdk|slack_sdk|telegram|twilio)\b.*"
DATABASES = r"(?:sqlalchemy|psycopg\w*|asyncpg|pymysql|MySQLdb|mysql|mariadb|pyodbc|cx_Oracle|oracledb|pymongo|motor|snowflake|elasticsearch|clickhouse\w*|influxdb\w*|cassandra)\b.*"
HIDING = re.compile(r"exec|eval|compile|__import__|importlib\..*|runpy\..*|builtins\..*")
LINKS = re.compile(
    r"(?:requests|httpx|urllib\.request|http\.client|xmlrpc|websockets?|socketio|grpc|socket|ssl|multiprocessing\.connection)\b.*"
)
GONE = re.compile(f"{PROGRAMS}|{STORES}|{TRANSFERS}|{BROKERS}|{DATABASES}")
ASKING = re.compile(r"(?:requests|httpx)\.(?:get|head|options|delete)|urllib\.request\.(?:urlretrieve|build_opener)")
TELLING_ONLY = re.compile(
    r"socket\.(?:gethostname|getfqdn|gethostbyname|setdefaulttimeout)|ssl\..*|requests\.(?:exceptions|adapters)\..*"
)
WRITING = frozenset({"to_csv", "to_parquet", "to_json", "to_feather", "to_pickle", "to_excel", "tofile"})
GIVING = frozenset({"to_sql", "to_gbq", "push_to_hub", "upload_file", "upload_fileobj", "put_object", "upload_blob", "upload_from_filename", "upload_from_string", "storbinary", "sendmail", "send_message", "executemany", "insert_many", "sendfile"})  # fmt: skip
PLAIN = frozenset((Origin.NEUTRAL, Origin.PARAMETERS))


def exits(code: Code, project: Project, *, flower: bool) -> Iterator[str]:
    """Each place, and what is called there."""
    made = participants(code, project) if flower else code.made
    followed = {one for one in made if any(of_posts([one]))}
    for one in made:
        if _hands_over(one, flower=flower) and not (one in followed and not GONE.fullmatch(one.callee)):
            yield f"{one.where} {one.callee}"


def participants(code: Code, project: Project) -> list[Made]:
    """Calls that the participants' apps reach, or that stand in a module of theirs and aren't the server's alone."""
    reached = {one.where for one in code.apps.participating}
    served = {one.where for one in code.apps.serving} - reached
    files = _imported(project, {where.rpartition(":")[0] for where in reached} | set(code.apps.client_files))
    return [
        one for one in code.made if one.where not in served and (not files or one.where.rpartition(":")[0] in files)
    ]


def _imported(project: Project, files: set[str]) -> set[str]:
    """The files, and every file of the project that they import."""
    found: set[str] = set()
    left = list(files & project.modules.keys())
    while left:
        file = left.pop()
        found.add(file)
        left += [one for one in set(_imports(project, file)) - found if one not in left]
    return found


def _imports(project: Project, file: str) -> Iterator[str]:
    for node in ast.walk(project.modules[file]):
        names = (
            [alias.name for alias in getattr(node, "names", ())]
            if isinstance(node, ast.Import | ast.ImportFrom)
            else []
        )
        base = absolute(node.module, node.level, file) if isinstance(node, ast.ImportFrom) else ""
        for name in (base, *(f"{base}.{name}".strip(".") for name in names)):
            if name and (known := file_of(name, project.modules)):
                yield known


def _hands_over(one: Made, *, flower: bool) -> bool:
    given = (*one.args, *one.keywords.values())
    if one.receiver is not None:
        return _by_method(one, given)
    if TELLING_ONLY.fullmatch(one.callee):
        return False
    if ASKING.fullmatch(one.callee):
        return not _plain(given)
    return bool(
        GONE.fullmatch(one.callee)
        or HIDING.fullmatch(one.callee)
        or (flower and LINKS.fullmatch(one.callee))
        or (POSTING.fullmatch(one.callee) and not _plain(given))
        or any(isinstance(atom, Named) and _reaches_out(atom.name) for value in given for atom in value)
    )


def _reaches_out(name: str) -> bool:
    """The function, or the whole module, is handed on to be called elsewhere."""
    modules = {"os", "subprocess", "builtins", "requests", "httpx", "socket", "urllib.request"}
    return name in modules or bool(GONE.fullmatch(name) or POSTING.fullmatch(name) or HIDING.fullmatch(name))


def _by_method(one: Made, given: Iterable[Value]) -> bool:
    if one.name in WRITING:
        texts = [str(atom.value) for value in one.args[:1] for atom in value if isinstance(atom, Constant)]
        return any("://" in text for text in texts)
    return one.name in GIVING or (one.name in POSTING_METHODS and not _plain(given))


def _plain(given: Iterable[Value]) -> bool:
    return all(origins(value) <= PLAIN for value in given)
