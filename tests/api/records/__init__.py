"""The records of a firm over HTTP: looked up, listed, changed by hand, one by one and in bulk."""
