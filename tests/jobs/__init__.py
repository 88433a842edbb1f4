"""Tests of long work: jobs that are followed, cancelled, resumed, and servers that are killed."""
