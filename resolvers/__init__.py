"""The verbs of the API: one file per thing people come to do, read like a diary."""
