"""What people send to do harm, or by mistake."""
