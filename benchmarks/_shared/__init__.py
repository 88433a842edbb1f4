"""What the scripts of this folder share; importing it lets a script import the product, too."""

import sys
from pathlib import Path

HOUSE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(HOUSE))
