"""What the tests stand on: a real PostgreSQL, and the source of the house read as a tree."""
