"""What the API promises, field by field."""
