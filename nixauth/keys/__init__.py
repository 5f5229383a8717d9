"""Looking after the public keys: what is at hand, what is wrong with it, in and out."""
