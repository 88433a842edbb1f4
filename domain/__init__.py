"""Records and rules of a project-based firm: no web, no file, no clock, no query."""
