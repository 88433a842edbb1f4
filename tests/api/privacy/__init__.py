"""What is known of a person, told and erased through the API."""
