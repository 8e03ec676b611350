"""Where runs and evidence live: a SQLite file by default, PostgreSQL by URL. Safe against kill -9 and against two audits at once."""

from __future__ import annotations

import hashlib
import os
import platform
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
from platformdirs import user_state_path
from sqlalchemy import URL, Engine, create_engine, event, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, OperationalError, ProgrammingError, SQLAlchemyError

from lepton_audit.facts.look import Gathered
from lepton_audit.facts.report import Report
from lepton_audit.store.interface import StoreUnusable
from lepton_audit.store.tables import SCHEMA_VERSION, about, looks, metadata, runs

RESUMABLE = timedelta(hours=1)
"""An interrupted run older than this isn't resumed: what it saw of live things is too old."""
VARIABLE = "LEPTON_AUDIT_STORE"


class Store:
    """Runs and looks. Every write is a transaction of its own, so that what is finished stays."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def recall(self, key: str) -> Gathered | None:
        """The look of that key, or ``None`` where there is none, or its row was damaged."""
        with self._usable(), self._engine.connect() as connection:
            row = connection.execute(select(looks.c.gathered, looks.c.sha256).where(looks.c.key == key)).first()
        if row is None or _sha256(row.gathered) != row.sha256:
            return None
        return Gathered.model_validate_json(row.gathered)

    def keep(self, key: str, gathered: Gathered) -> None:
        """The look is in the store, in place of a less sharp one of the same key."""
        text = gathered.model_dump_json()
        row = {
            "finished": datetime.now(UTC),
            "evidence": gathered.record.digest,
            "sha256": _sha256(text),
            "gathered": text,
        }
        dialect: Any = postgresql if self._engine.dialect.name == "postgresql" else sqlite
        statement = dialect.insert(looks).values(key=key, **row).on_conflict_do_update(index_elements=["key"], set_=row)
        with self._usable(), self._engine.begin() as connection:
            connection.execute(statement)

    def begin(self, identity: str, now: datetime) -> tuple[str, bool]:
        """A run's id, and whether it goes on from an interrupted run of the same identity, whose process is gone."""
        wanted = (runs.c.identity == identity) & runs.c.ended.is_(None) & (runs.c.started > now - RESUMABLE)
        with self._usable(), self._engine.begin() as connection:
            rows = connection.execute(
                select(runs.c.id, runs.c.owner).where(wanted).order_by(runs.c.started.desc())
            ).all()
            found = next((row.id for row in rows if not _alive(row.owner)), None)
            if found is not None:
                connection.execute(update(runs).where(runs.c.id == found).values(owner=_owner()))
                return str(found), True
            run = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
            connection.execute(insert(runs).values(id=run, identity=identity, owner=_owner(), started=now))
        return run, False

    def end(self, run: str, report: Report) -> None:
        """The run has ended with this report."""
        ended = {"ended": datetime.now(UTC), "report": report.model_dump_json(by_alias=True)}
        with self._usable(), self._engine.begin() as connection:
            connection.execute(update(runs).where(runs.c.id == run).values(**ended))

    def report(self, run: str) -> Report | None:
        """The report of the run, also named by the start of its id, or ``last``; ``None`` where there is none."""
        finished = select(runs.c.report).where(runs.c.report.is_not(None)).order_by(runs.c.started.desc())
        chosen = finished if run == "last" else finished.where(runs.c.id.startswith(run, autoescape=True))
        with self._engine.connect() as connection:
            row = connection.execute(chosen).first()
        return Report.model_validate_json(row.report) if row else None

    def finished(self) -> Sequence[tuple[str, datetime]]:
        """Id and start of every finished run, newest first."""
        with self._engine.connect() as connection:
            rows = connection.execute(
                select(runs.c.id, runs.c.started).where(runs.c.ended.is_not(None)).order_by(runs.c.started.desc())
            )
            return [(row.id, row.started) for row in rows]

    @contextmanager
    def _usable(self) -> Iterator[None]:
        """A failure of the database is a StoreUnusable, without the values of the statement."""
        try:
            yield
        except SQLAlchemyError as error:
            raise StoreUnusable(shown(self._engine.url), _cause(error)) from None

    def close(self) -> None:
        """The store's connections are closed."""
        self._engine.dispose()


def default_url() -> str:
    """The store named by LEPTON_AUDIT_STORE, or a SQLite file in the user's state folder."""
    named = os.environ.get(VARIABLE)
    return named or f"sqlite:///{user_state_path('lepton-audit') / 'store.sqlite'}"


def open_store(url: str | None = None) -> Store:
    """The store at the URL (or file), made if it isn't there. Raises StoreUnusable."""
    named = url or default_url()
    try:
        parsed = make_url(named if "://" in named else f"sqlite:///{Path(named).resolve()}")
    except ArgumentError as error:
        raise StoreUnusable("of this name", "it is neither a file nor a database URL") from error
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise StoreUnusable(shown(parsed), "unknown kind; known: a file, sqlite:///FILE, postgresql://...")
    try:
        engine = _engine(parsed)
        _create(engine)
        _check_version(engine, shown(parsed))
    except (SQLAlchemyError, OSError, ImportError) as error:
        raise StoreUnusable(shown(parsed), _cause(error)) from None
    return Store(engine)


def shown(url: URL) -> str:
    """The URL without names, passwords and parameters."""
    place = f"{url.host}:{url.port}" if url.port else url.host or ""
    return f"{url.get_backend_name()}://{place}/{url.database or ''}"


def _cause(error: BaseException) -> str:
    return (str(getattr(error, "orig", None) or error).splitlines() or [type(error).__name__])[0]


def _create(engine: Engine) -> None:
    """The tables are there, also if another audit makes them at this moment."""
    for last in (False, False, False, True):
        try:
            metadata.create_all(engine)
        except (OperationalError, ProgrammingError, IntegrityError):
            if last:
                raise
            time.sleep(0.2)
        else:
            return


def _engine(parsed: Any) -> Engine:
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    if parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = create_engine(parsed, connect_args={"timeout": 60})
    event.listen(engine, "connect", _durable)
    return engine


def _durable(connection: Any, _record: object) -> None:
    """WAL: readers don't wait, and a killed process loses nothing that was committed."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")


def _check_version(engine: Engine, url: str) -> None:
    with engine.begin() as connection:
        row = connection.execute(select(about.c.value).where(about.c.name == "schema")).first()
        if row is None:
            dialect: Any = postgresql if engine.dialect.name == "postgresql" else sqlite
            connection.execute(
                dialect.insert(about).values(name="schema", value=SCHEMA_VERSION).on_conflict_do_nothing()
            )
        elif row.value != SCHEMA_VERSION:
            raise StoreUnusable(
                url,
                f"it has schema {row.value}, this version of lepton-audit reads {SCHEMA_VERSION}; name another with --store",
            )


def _owner() -> str:
    """The calling process: where, which, and since when; a number alone is used again."""
    process = psutil.Process()
    return f"{platform.node()} {process.pid} {process.create_time():.2f}"


def _alive(owner: str) -> bool:
    """The process still runs; that of another machine is taken to be alive."""
    node, pid, since = owner.rsplit(" ", 2)
    if node != platform.node():
        return True
    try:
        return f"{psutil.Process(int(pid)).create_time():.2f}" == since
    except psutil.Error:
        return False


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
