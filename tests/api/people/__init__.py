"""The people of a firm and the keys of its programs."""
