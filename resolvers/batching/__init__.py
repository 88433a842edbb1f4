"""Billing all that is due in one sitting, and by a schedule."""
