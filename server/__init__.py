"""The house open to visitors: settings, keys, the web application and the command line."""
