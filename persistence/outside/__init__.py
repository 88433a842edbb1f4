"""What leaves the house: hand-overs and mails, taken by one carrier at a time."""
