"""Tests of the layouts and of the row checker."""
