"""Tests of the upload reader."""
