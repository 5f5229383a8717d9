"""Set a repository up, and change who may sign: the files and refs behind `nixauth init`.

Everything is checked before the first write; what is written is read back before it counts.
"""
