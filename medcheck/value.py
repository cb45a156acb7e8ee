"""What all frozen values share: equality, hash and display by their fields; knows no field.

A dataclass that generates these for itself costs half a millisecond more to make; some thirty of them are made at every start of the
command line (benchmarks/start.py).
"""

from __future__ import annotations


class Value:
    """Base of `@dataclass(frozen=True, slots=True, eq=False, repr=False)`: equal by value, hashable, shown with its fields."""

    __slots__ = ()
    __match_args__: tuple[str, ...]

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__match_args__)

    def __hash__(self) -> int:
        return hash((type(self), *(getattr(self, name) for name in self.__match_args__)))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self.__match_args__)})"
