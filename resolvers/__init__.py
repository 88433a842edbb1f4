"""The verbs of the API: a room for each thing people come to do, read like a diary."""

import importlib
import pkgutil

import schema

# The nouns come first, whoever asks: they name the enums, and an input that is read before them
# would be told by the names that the rules have for them.
for _noun in pkgutil.iter_modules(schema.__path__, "schema."):
    importlib.import_module(_noun.name)
