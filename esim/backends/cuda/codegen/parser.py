"""A cell body, read from its source, as straight lines of formulas that can be written anew.

A body holds assignments of formulas and nothing else. What is not understood is refused, so nothing is computed wrong.
"""

import ast
import inspect
import textwrap
import types
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from esim.backends.cuda.codegen.expression import (
    ALL,
    Call,
    Cell,
    Constant,
    Formula,
    Local,
    Operation,
)
from esim.backends.linker import ROWS, SIDES
from esim.errors import MachineError
from esim.kernels.kernel import Kernel, Stage

SCRATCH = "w"
OPERATORS: dict[type, str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
COMPARISONS: dict[type, str] = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "=="}


class Line(NamedTuple):
    """What one formula is given to: a name or a cell, or several where a function returns as many values."""

    targets: tuple[Local | Cell, ...]
    value: Formula


class Body(NamedTuple):
    """A stage, its lines, and the labels of the scratch slots that it names."""

    stage: Stage
    lines: tuple[Line, ...]
    labels: dict[int, str]


def read(kernel: Kernel, stage: Stage) -> Body:
    """The lines of a stage. Raises MachineError where its body holds anything else."""
    reader = _Reader(kernel.name, stage.body)
    return Body(stage, tuple(reader.lines()), reader.labels)


class _Reader:
    """Reads one body; every value that a name has in turn gets a name of its own."""

    def __init__(self, kernel: str, body: Callable) -> None:
        self.kernel, self.body = kernel, body
        self.labels: dict[int, str] = {}
        self._globals: dict[str, Any] = body.__globals__
        self._versions: dict[str, int] = {}
        self._arguments = list(inspect.signature(body).parameters)

    def lines(self) -> Iterator[Line]:
        tree = ast.parse(textwrap.dedent(inspect.getsource(self.body))).body[0]
        if not isinstance(tree, ast.FunctionDef) or tree.decorator_list:
            raise self._unsupported(tree, "is no plain function")
        plain = [argument.arg for argument in tree.args.args]
        if plain != self._arguments or tree.args.defaults or plain[:2] != ["j", "i"]:
            raise self._unsupported(tree, "takes other arguments than j, i and plain ones after them")
        statements = tree.body[1:] if ast.get_docstring(tree) is not None else tree.body
        for statement in statements:
            yield from self._assignment(statement)

    def _assignment(self, statement: ast.stmt) -> Iterator[Line]:
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            raise self._unsupported(statement, "is no plain assignment")
        target, value = statement.targets[0], statement.value
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            if len(target.elts) != len(value.elts):
                raise self._unsupported(statement, "gives one number of values to another number of names")
            # All values are taken before any name changes.
            formulas = [self._formula(part) for part in value.elts]
            for part, formula in zip(target.elts, formulas, strict=True):
                yield Line((self._target(part),), formula)
            return
        formula = self._formula(value)
        parts = target.elts if isinstance(target, ast.Tuple) else [target]
        if isinstance(target, ast.Tuple) and not isinstance(formula, Call):
            raise self._unsupported(statement, "takes several values from what is no call")
        yield Line(tuple(self._target(part) for part in parts), formula)

    def _target(self, node: ast.expr) -> Local | Cell:
        if isinstance(node, ast.Subscript):
            cell = self._cell(node)
            if (cell.dj, cell.di) != (0, 0) or cell.array in (ROWS, SIDES):
                raise self._unsupported(node, "writes another cell than its own")
            return cell
        if not isinstance(node, ast.Name) or node.id in self._arguments:
            raise self._unsupported(node, "is nothing that a value can be given to")
        self._versions[node.id] = self._versions.get(node.id, 0) + 1
        return self._local(node.id)

    def _local(self, name: str) -> Local:
        version = self._versions[name]
        return Local(name if version == 1 else f"{name}_v{version}")

    def _formula(self, node: ast.expr) -> Formula:
        if isinstance(node, ast.Name) and node.id in self._versions:
            return self._local(node.id)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == ALL.name:
            return Constant(node.attr)
        if isinstance(node, ast.Subscript):
            return self._cell(node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return Operation("-", (self._formula(node.operand),))
        if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
            return Operation(OPERATORS[type(node.op)], (self._formula(node.left), self._formula(node.right)))
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in COMPARISONS:
            sides = (self._formula(node.left), self._formula(node.comparators[0]))
            return Operation(COMPARISONS[type(node.ops[0])], sides)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
            return self._call(node, node.func.id)
        raise self._unsupported(node, "is no formula of +, -, *, /, one comparison, cells, p and calls")

    def _call(self, node: ast.Call, name: str) -> Call:
        function = None if name in self._versions else self._globals.get(name)
        if not isinstance(function, types.FunctionType):
            raise self._unsupported(node, "calls what is no plain function")
        # A function may take all constants; a cell or an array it cannot.
        parts = [ALL if isinstance(a, ast.Name) and a.id == ALL.name else self._formula(a) for a in node.args]
        return Call(function, tuple(parts))

    def _cell(self, node: ast.Subscript) -> Cell:
        if not isinstance(node.value, ast.Name) or node.value.id not in self._arguments:
            raise self._unsupported(node, "reads what is no array of the body")
        name = node.value.id
        index = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if len(index) != (2 if name == ROWS else 3):
            raise self._unsupported(node, "has another number of indices than the array")
        plane = self._number(index[0])
        if name == SCRATCH and isinstance(index[0], ast.Name):
            self.labels[plane] = index[0].id
        if name == ROWS:
            return Cell(name, plane, dj=self._shift(index[1], "j"))
        if name == SIDES:
            if self._number(index[1]) != 0:
                raise self._unsupported(node, "reads another row than the only one")
            return Cell(name, plane, di=self._shift(index[2], "i"))
        return Cell(name, plane, self._shift(index[1], "j"), self._shift(index[2], "i"))

    def _shift(self, node: ast.expr, name: str) -> int:
        """How far an index is from the cell's own."""
        if isinstance(node, ast.Name) and node.id == name:
            return 0
        if isinstance(node, ast.BinOp) and isinstance(node.left, ast.Name) and node.left.id == name:
            if isinstance(node.op, ast.Add):
                return self._number(node.right)
            if isinstance(node.op, ast.Sub):
                return -self._number(node.right)
        raise self._unsupported(node, f"is no index {name}, {name} + number or {name} - number")

    def _number(self, node: ast.expr) -> int:
        """A whole number, written as such, as a name of the module or as a field of one."""
        value: Any = None
        if isinstance(node, ast.Constant):
            value = node.value
        elif isinstance(node, ast.Name) and node.id not in self._arguments and node.id not in self._versions:
            value = self._globals.get(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            value = getattr(self._globals.get(node.value.id), node.attr, None)
        if type(value) is not int:
            raise self._unsupported(node, "is no whole number")
        return value

    def _unsupported(self, node: ast.AST, what: str) -> MachineError:
        text = ast.unparse(node).splitlines()[0]
        return MachineError(
            f"kernel {self.kernel}: `{text}` in {self.body.__name__} {what}, so it cannot be compiled for a GPU; "
            "see the kernel rule in CONTRIBUTING.md"
        )
