"""The pictures of the menu and the toolbar, drawn here: PNG files from a few shapes on a field of 16 by 16."""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Callable

SIZES = {"16": 16, "26": 26}
_SAMPLES = 4  # per pixel and direction, for smooth edges
_BLUE, _DARK, _GREEN, _RED, _GOLD, _GREY = (
    (46, 117, 182), (31, 78, 121), (56, 142, 60), (198, 40, 40), (232, 160, 32), (120, 130, 140),
)  # fmt: skip

Colour = tuple[int, int, int]
Inside = Callable[[float, float], bool]
Shape = tuple[Inside, Colour]


def _box(left: float, top: float, right: float, bottom: float, colour: Colour) -> Shape:
    return (lambda x, y: left <= x < right and top <= y < bottom), colour


def _ring(
    x0: float, y0: float, outer: float, inner: float, colour: Colour, *, gap: tuple[float, float] = (0, 0)
) -> Shape:
    """A ring, or with `inner` 0 a disc; `gap` is left open, from one angle to another. [degrees]"""

    def inside(x: float, y: float) -> bool:
        angle = math.degrees(math.atan2(y - y0, x - x0)) % 360
        return inner <= math.hypot(x - x0, y - y0) < outer and not gap[0] < angle < gap[1]

    return inside, colour


def _area(points: list[tuple[float, float]], colour: Colour) -> Shape:
    """A polygon."""

    def inside(x: float, y: float) -> bool:
        odd = False
        for (x1, y1), (x2, y2) in zip(points, points[1:] + points[:1], strict=True):
            if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
                odd = not odd
        return odd

    return inside, colour


def _line(x1: float, y1: float, x2: float, y2: float, width: float, colour: Colour) -> Shape:
    """A stroke with round ends."""
    length = math.hypot(x2 - x1, y2 - y1)

    def inside(x: float, y: float) -> bool:
        at = max(0.0, min(1.0, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length**2))
        return math.hypot(x - x1 - at * (x2 - x1), y - y1 - at * (y2 - y1)) < width / 2

    return inside, colour


_PAGE = [_box(2.5, 1, 13.5, 15, _GREY), _box(3.5, 2, 12.5, 14, (255, 255, 255))]
_GRID = [
    _box(1, 2, 15, 14, _GREY),
    *(_box(2 + 4.5 * column, 3 + 3.7 * row, 5.5 + 4.5 * column, 5.9 + 3.7 * row, _BLUE if not row else (235, 241, 247))
      for row in range(3) for column in range(3)),
]  # fmt: skip
_TIERS = [_box(6, 2, 10, 5.5, _GOLD), _box(3.5, 6.2, 12.5, 9.7, _BLUE), _box(1, 10.4, 15, 14, _DARK)]
PICTURES: dict[str, list[Shape]] = {
    "tiers": _TIERS,
    "score": _TIERS,
    "check": [
        *_PAGE,
        _line(4.8, 8.2, 7.2, 10.8, 1.8, _GREEN),
        _line(7.2, 10.8, 11.4, 5.2, 1.8, _GREEN),
    ],
    "watch_list": [_box(3, 1, 4.6, 15, _GREY), _area([(4.6, 1.5), (14, 4.5), (4.6, 8.5)], _RED)],
    "action_list": [
        *_PAGE,
        *(_box(4.6, 4 + 3.2 * row, 6.2, 5.6 + 3.2 * row, _RED if not row else _BLUE) for row in range(3)),
        *(_box(7.2, 4.2 + 3.2 * row, 11.4, 5.4 + 3.2 * row, _DARK) for row in range(3)),
    ],
    "care": [
        _box(1.5, 3, 14.5, 14, _GREY),
        _box(2.5, 6, 13.5, 13, (255, 255, 255)),
        _box(1.5, 3, 14.5, 5.4, _RED),
        _box(7, 8, 10.5, 11, _GOLD),
    ],
    "page": [*_PAGE, *(_box(5, 4 + 2.6 * row, 11, 5.2 + 2.6 * row, _BLUE) for row in range(4))],
    "report": [
        *_PAGE,
        _box(4.8, 8.5, 6.6, 12.5, _BLUE),
        _box(7.1, 5.5, 8.9, 12.5, _DARK),
        _box(9.4, 3.8, 11.2, 12.5, _GOLD),
    ],
    "undo": [_ring(8.5, 9, 5.5, 3.7, _BLUE, gap=(135, 235)), _area([(1, 5.5), (7, 1.5), (6.5, 8)], _BLUE)],
    "calculate": [
        _ring(8, 8, 6, 4.2, _GREEN, gap=(290, 350)),
        _area([(8.5, 0), (14.5, 4), (8.5, 7)], _GREEN),
    ],
    "array": _GRID,
    "start_engine": [_area([(4, 2), (14, 8), (4, 14)], _GREEN)],
    "stop_engine": [_box(3, 3, 13, 13, _RED)],
    "cancel": [
        _ring(8, 8, 7, 0, _RED),
        _line(5.4, 5.4, 10.6, 10.6, 1.8, (255, 255, 255)),
        _line(5.4, 10.6, 10.6, 5.4, 1.8, (255, 255, 255)),
    ],
    "engine": [
        _ring(8, 8, 6.5, 2.6, _GREY),
        *(
            _box(8 + 6.3 * x - 1.2, 8 + 6.3 * y - 1.2, 9.2 + 6.3 * x, 9.2 + 6.3 * y, _GREY)
            for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1))
        ),
    ],
    "rules": [
        *_PAGE,
        *(_ring(5.4, 4.8 + 3.2 * row, 1.0, 0, _GOLD) for row in range(3)),
        *(_box(7.2, 4.2 + 3.2 * row, 11.2, 5.4 + 3.2 * row, _DARK) for row in range(3)),
    ],
    "why": [
        _ring(8, 8, 7, 0, _BLUE),
        _ring(8, 6, 2.9, 1.4, (255, 255, 255), gap=(90, 180)),
        _box(7.25, 8, 8.75, 10, (255, 255, 255)),
        _ring(8, 11.8, 1.0, 0, (255, 255, 255)),
    ],
}
_OF_GROUP = {"Customers": "tiers", "Reports": "page", "Rules": "rules", "Cells": "array", "Engine": "engine"}


def picture(name: str, group: str) -> str:
    """Which picture a command has: one of its own, else that of its group."""
    return name if name in PICTURES else _OF_GROUP.get(group, "tiers")


def png(name: str, size: int) -> bytes:
    """A picture as a PNG file of so many pixels each way."""
    rows = bytearray()
    for row in range(size):
        rows.append(0)  # no filter
        for column in range(size):
            rows += bytes(_pixel(PICTURES[name], column, row, 16 / size))
    header = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows), 9)), (b"IEND", b""))
    )


def _pixel(shapes: list[Shape], column: int, row: int, scale: float) -> tuple[int, int, int, int]:
    """Red, green, blue and opacity, from samples spread over the pixel; later shapes lie on top."""
    seen: list[Colour] = []
    for at in range(_SAMPLES * _SAMPLES):
        x = (column + (at % _SAMPLES + 0.5) / _SAMPLES) * scale
        y = (row + (at // _SAMPLES + 0.5) / _SAMPLES) * scale
        colour = next((colour for inside, colour in reversed(shapes) if inside(x, y)), None)
        if colour:
            seen.append(colour)
    if not seen:
        return 0, 0, 0, 0
    red, green, blue = (sum(one[part] for one in seen) // len(seen) for part in range(3))
    return red, green, blue, 255 * len(seen) // (_SAMPLES * _SAMPLES)
