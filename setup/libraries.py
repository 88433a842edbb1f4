"""The system libraries that print PDFs: says which are missing and how to get them.

WeasyPrint loads Pango, HarfBuzz and Fontconfig when it is imported, and fails with a traceback.
This loads them the same way beforehand, and installs them where that needs no password.
"""

from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path

# Soname on Linux, file on macOS, Debian package.
LIBRARIES = {
    "GObject": ("libgobject-2.0.so.0", "libgobject-2.0.0.dylib", "libglib2.0-0"),
    "Pango": ("libpango-1.0.so.0", "libpango-1.0.dylib", "libpango-1.0-0"),
    "PangoFT2": ("libpangoft2-1.0.so.0", "libpangoft2-1.0.dylib", "libpangoft2-1.0-0"),
    "HarfBuzz": ("libharfbuzz.so.0", "libharfbuzz.0.dylib", "libharfbuzz0b"),
    "HarfBuzz-Subset": (
        "libharfbuzz-subset.so.0",
        "libharfbuzz-subset.0.dylib",
        "libharfbuzz-subset0",
    ),
    "Fontconfig": ("libfontconfig.so.1", "libfontconfig.1.dylib", "fontconfig"),
}


def missing() -> list[str]:
    """The names of the libraries that do not load."""
    return [name for name in LIBRARIES if not _loads(name)]


def _loads(name: str) -> bool:
    for file in LIBRARIES[name][:2]:
        try:
            ctypes.CDLL(file)
        except OSError:
            continue
        return True
    return False


def _install(packages: list[str]) -> None:
    script = Path(__file__).with_name("apt.sh")
    subprocess.run(["sh", str(script), *packages], check=False, stdin=subprocess.DEVNULL)


def _advice(packages: list[str]) -> str:
    if sys.platform == "darwin":
        return "brew install pango"
    if Path("/etc/debian_version").exists():
        return "sudo apt install " + " ".join(packages)
    return "your system's packages for Pango, HarfBuzz (with its subset library) and Fontconfig"


def main() -> int:
    """0 when a PDF can be printed, 1 with one sentence when not."""
    absent = missing()
    if not absent:
        return 0
    packages = [LIBRARIES[name][2] for name in absent]
    if sys.platform.startswith("linux"):
        _install(packages)
        absent = missing()
        packages = [LIBRARIES[name][2] for name in absent]
    if not absent:
        return 0
    sys.stderr.write(f"\nPDF invoices need {', '.join(absent)}. To get it:  {_advice(packages)}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
