"""Tests of the rules: plain values and records, no database."""
