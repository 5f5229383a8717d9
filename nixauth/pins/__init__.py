"""Files that pin git repositories for Nix: `flake.lock`, and npins' `sources.json`.

Pure: bytes in, values or bytes out. docs/pins.md says what is read, changed and refused.
"""
