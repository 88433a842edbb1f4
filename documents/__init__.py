"""The papers: values in, bytes out; no record, no session, no clock."""
