"""`python -m nixauth`."""

from nixauth.cli import main

if __name__ == "__main__":
    main()
