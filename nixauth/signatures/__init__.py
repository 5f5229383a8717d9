"""Bytes in, signer out: the commit object, and the signatures that people put into it."""
