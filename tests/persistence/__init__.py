"""Tests of the queries, on SQLite and on a real PostgreSQL."""
