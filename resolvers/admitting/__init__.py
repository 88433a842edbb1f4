"""Admitting people and programs: who they are, who lets them in, and how they sign in."""
