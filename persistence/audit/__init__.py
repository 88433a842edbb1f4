"""The audit as it is kept: what triggers tell, the acts of transactions, their seals, its lists."""
