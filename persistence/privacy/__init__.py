"""What is known of a person, erasing it, and what is removed after its term."""
