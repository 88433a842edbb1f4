"""Reading nouns by statements that were made ready once."""
