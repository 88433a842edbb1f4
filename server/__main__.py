"""`python -m server` is the command `jalon`."""

from server.cli import main

main()
