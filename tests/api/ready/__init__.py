"""Answers by plans, beside those of the executor."""
