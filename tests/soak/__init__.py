"""The campaign of dirty cells: values known beforehand, spoilt, and what becomes of each."""
