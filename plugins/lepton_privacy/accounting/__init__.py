"""Accounting of privacy losses: what a ledger of releases has cost, never less than the truth."""
