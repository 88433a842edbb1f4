"""The generator of locked Excel templates: `write_template`, and a row to prefill, `Prefilled`."""

from templates_xlsx.generator.template import Filled, Prefilled, write_template, write_workbook

__all__ = ["Filled", "Prefilled", "write_template", "write_workbook"]
