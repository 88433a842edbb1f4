"""The approved platform of an entity: how it is reached, what is sent, what comes back."""
