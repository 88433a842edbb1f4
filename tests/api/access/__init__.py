"""What each caller reaches, and what stays out of reach."""
