"""What a history looks like to those who are in charge of it: nothing is decided here."""
