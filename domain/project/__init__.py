"""The unit of work for one client: projects, their contracts, phases, annexes and progress."""
