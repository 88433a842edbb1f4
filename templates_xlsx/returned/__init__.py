"""The file given back: the rows as they were sent, marked with what stands in their way."""

from templates_xlsx.returned.rows import Remark, Returned
from templates_xlsx.returned.workbook import write_returned, write_returned_workbook

__all__ = ["Remark", "Returned", "write_returned", "write_returned_workbook"]
