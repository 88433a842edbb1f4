"""Long work: who does it, how it goes on after a crash, and how far it is."""
