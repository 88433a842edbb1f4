"""The nouns of the API: what each thing looks like, one file a noun, read like a dictionary."""
