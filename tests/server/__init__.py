"""The application as its callers and its operators meet it."""
