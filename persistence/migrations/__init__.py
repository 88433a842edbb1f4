"""The history of the schema, the same on both databases."""
