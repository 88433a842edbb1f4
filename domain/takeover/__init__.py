"""The firm's past coming in: the order of the files, matching, planning and applying their rows."""
