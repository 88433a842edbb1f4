"""Keeping the records: looked up, made, changed and put away; progress and worked time."""
