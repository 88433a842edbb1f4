"""The guide to the sheets, in Markdown: made of what columns, kinds, rules and planners declare."""

from templates_xlsx.guide.declared import Declared, declared
from templates_xlsx.guide.pages import guide

__all__ = ["Declared", "declared", "guide"]
