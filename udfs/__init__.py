"""What Excel and every other host can call: one entrance, cells in and cells out."""

from udfs.call import FunctionError
from udfs.call import call as call
from udfs.cells import CellError
from udfs.context import Context

__all__ = ["CellError", "Context", "FunctionError", "call"]
