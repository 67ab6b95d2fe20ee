"""Gateway. Owns: accounts, roles, tokens. Hears nothing and says nothing yet: an empty house on the chassis."""
