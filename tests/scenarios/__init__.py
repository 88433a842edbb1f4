"""The product's main stories, told over HTTP from beginning to end."""
