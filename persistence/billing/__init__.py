"""What can be billed of contracts, and what lines bill already."""
