"""What is kept while there is room for it; the oldest goes first."""

from __future__ import annotations

from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Memory(dict[Key, Value], Generic[Key, Value]):
    """Values by key, of `most` bytes in all, as those who keep them reckon."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most
        self._sizes: dict[Key, int] = {}
        self.size = 0

    def keep(self, key: Key, value: Value, size: int) -> None:
        """Keeps a value of `size` bytes; what does not fit at all is not kept."""
        self.size += size - self._sizes.pop(key, 0)
        self.pop(key, None)
        self[key], self._sizes[key] = value, size
        while self.size > self._most:
            oldest = next(iter(self))
            del self[oldest]
            self.size -= self._sizes.pop(oldest)
