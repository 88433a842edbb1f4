"""The generator of locked Excel templates: `write_template`, and a row to prefill, `Prefilled`."""

from templates_xlsx.generator.template import Prefilled, write_template

__all__ = ["Prefilled", "write_template"]
