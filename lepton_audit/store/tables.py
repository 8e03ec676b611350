"""The store's tables. A look is written once, when it is finished; a run when it begins and when it ends."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, Index, MetaData, String, Table, Text

SCHEMA_VERSION = "1"
metadata = MetaData()

about = Table("about", metadata, Column("name", String(64), primary_key=True), Column("value", Text, nullable=False))

runs = Table(
    "runs",
    metadata,
    Column("id", String(64), primary_key=True),
    Column(
        "identity",
        String(64),
        nullable=False,
        doc="Digest of target, policies, seed, effort and software: what makes two runs the same.",
    ),
    Column(
        "owner",
        String(255),
        nullable=False,
        doc="The process that conducts it: a run of a living process isn't resumed by another.",
    ),
    Column("started", DateTime(timezone=True), nullable=False),
    Column("ended", DateTime(timezone=True)),
    Column("report", Text, doc="report.json"),
    Index("runs_by_identity", "identity", "started"),
)

looks = Table(
    "looks",
    metadata,
    Column("key", String(64), primary_key=True, doc="Digest of request, pinned content and software."),
    Column("finished", DateTime(timezone=True), nullable=False),
    Column("evidence", String(64), nullable=False),
    Column("sha256", String(64), nullable=False, doc="Of `gathered`: a row that was damaged isn't used."),
    Column("gathered", Text, nullable=False),
    Index("looks_by_evidence", "evidence"),
)
