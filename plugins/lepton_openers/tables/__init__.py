"""Openers of tables: CSV, Parquet, SQLite, DuckDB and PostgreSQL, each as an Ibis expression on the engine that holds the rows."""

from __future__ import annotations

from lepton_audit import Opener
from lepton_openers.tables.csv_files import csv_file
from lepton_openers.tables.duckdb_files import duckdb_file
from lepton_openers.tables.parquet_files import parquet_file
from lepton_openers.tables.postgres import postgres
from lepton_openers.tables.sqlite_files import sqlite_file

OPENERS: tuple[Opener, ...] = (csv_file, parquet_file, sqlite_file, duckdb_file, postgres)
