"""Taking the firm's past over, through the API, told by people who mistype, insist and cheat."""
