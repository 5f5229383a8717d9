"""`python -m nixauth`."""

if __name__ == "__main__":
    try:
        from nixauth.cli import main

        main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
