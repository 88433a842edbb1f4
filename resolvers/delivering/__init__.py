"""Giving documents out: on paper, by mail, to other software."""
