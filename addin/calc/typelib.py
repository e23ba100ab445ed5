"""The type library of the add-in: the interface as IDL for people and as the binary file LibreOffice reads.

The file is in LibreOffice's UNOIDL format (unoidl/source/unoidlprovider.cxx). It is written here, byte for byte as
`unoidl-write` of LibreOffice's developer kit does it but for the line about its maker; so the add-in can be built
where that kit is not installed, and is the same on every machine.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

from addin.calc.functions import INTERFACE, MODULE, Method

BASE = "com.sun.star.uno.XInterface"
MAKER = b"** Tierbook **"
_MAGIC = b"UNOIDL\xff\x00"
_MODULE_KIND, _INTERFACE_KIND = 0, 5
_IN = 0  # direction of a parameter
_AGAIN = 0x8000_0000  # a text that stands earlier in the file, by its offset


def idl(methods: Iterable[Method]) -> str:
    """The interface in UNO's interface definition language."""
    lines = [f"module {part} {{" for part in MODULE.split(".")]
    lines += [f"interface {INTERFACE} {{", f"  interface {BASE.replace('.', '::')};"]
    for method in methods:
        parameters = ", ".join(
            f"[in] {_typed(one.kind)} p{at:02}" for at, one in enumerate(method.parameters)
        )
        lines.append(f"  {_typed(method.result)} {method.name}({parameters});")
    lines.append("};" + " };" * len(MODULE.split(".")))
    return "\n".join(lines) + "\n"


def type_library(methods: Iterable[Method], *, maker: bytes = MAKER) -> bytes:
    """The same interface as a type library."""
    out = _Writer(_MAGIC + bytes(8) + b"\0" + maker + b"\0")
    data = out.size
    out.byte(_INTERFACE_KIND)
    out.number(1)
    out.text(BASE)
    out.number(0)  # optional bases
    out.number(0)  # attributes
    listed = list(methods)
    out.number(len(listed))
    for method in listed:
        out.text(method.name)
        out.text(method.result)
        out.number(len(method.parameters))
        for at, one in enumerate(method.parameters):
            out.byte(_IN)
            out.text(f"p{at:02}")
            out.text(one.kind)
        out.number(0)  # exceptions
    name = out.name(INTERFACE)
    for part in reversed(MODULE.split(".")):
        module = out.size
        out.byte(_MODULE_KIND)
        out.number(1)
        out.number(name)
        out.number(data)
        name, data = out.name(part), module
    root = out.size
    out.number(name)
    out.number(data)
    return out.finished(root)


def _typed(kind: str) -> str:
    if kind.startswith("[]"):
        return f"sequence< {_typed(kind[2:])} >"
    return kind.replace(".", "::")


class _Writer:
    def __init__(self, begun: bytes) -> None:
        self.data = bytearray(begun)
        self.known: dict[str, int] = {}

    @property
    def size(self) -> int:
        return len(self.data)

    def byte(self, value: int) -> None:
        self.data.append(value)

    def number(self, value: int) -> None:
        self.data += struct.pack("<I", value)

    def text(self, text: str) -> None:
        """A text, or where it stands already."""
        if text in self.known:
            self.number(self.known[text] | _AGAIN)
            return
        self.known[text] = self.size
        self.number(len(text))
        self.data += text.encode("ascii")

    def name(self, text: str) -> int:
        """The offset of a text that ends with a zero byte."""
        at = self.size
        self.data += text.encode("ascii") + b"\0"
        return at

    def finished(self, root: int) -> bytes:
        struct.pack_into("<II", self.data, len(_MAGIC), root, 1)
        return bytes(self.data)
