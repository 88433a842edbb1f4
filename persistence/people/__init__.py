"""Who may come in: accounts, identities, keys, members of firms, teams of projects."""
