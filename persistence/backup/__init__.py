"""Backups: a copy of the database and the files, in one archive whose every byte is proven."""
