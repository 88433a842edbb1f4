"""Taking a firm's past over: template, upload, review, confirm, undo, and past billing by hand."""
