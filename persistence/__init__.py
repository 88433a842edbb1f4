"""The only place with queries: sessions, one file a noun, pages, numbers, files, migrations."""
