# nixauth from this source tree: `pkgs.callPackage ./nix/package.nix { }`.
{
  lib,
  python3Packages,
  git,
}:

let
  project = (builtins.fromTOML (builtins.readFile ../pyproject.toml)).project;

  # What the sdist holds, and nothing of a checkout beside it.
  parts = [
    ".authorizations.example"
    "LICENSE"
    "README.md"
    "nixauth"
    "pyproject.toml"
  ];
  top = toString ../.;
  source = builtins.path {
    path = ../.;
    name = "nixauth-source";
    filter =
      path: type:
      (dirOf path != top || builtins.elem (baseNameOf path) parts) && baseNameOf path != "__pycache__";
  };
in
python3Packages.buildPythonApplication {
  pname = project.name;
  version = project.version;
  pyproject = true;

  src = source;

  build-system = [ python3Packages.hatchling ];

  dependencies = [
    (python3Packages.anycrc or (python3Packages.callPackage ./anycrc.nix { }))
    python3Packages.cryptography
    python3Packages.jinja2
    python3Packages.pygit2
    python3Packages.pynacl
    python3Packages.python-gnupg
    python3Packages.pyyaml
    python3Packages.rich
    python3Packages.typer
  ];

  # git fetches and archives. GnuPG is for `--engine gnupg` and `both`, Nix for `flake update`: those
  # of whoever runs it.
  makeWrapperArgs = [
    "--suffix"
    "PATH"
    ":"
    (lib.makeBinPath [ git ])
  ];

  # The tests need more than what nixpkgs has; they are run in the repository.
  doCheck = false;
  pythonImportsCheck = [ "nixauth.cli" ];

  meta = {
    description = project.description;
    license = lib.licenses.gpl3Plus;
    mainProgram = "nixauth";
    platforms = lib.platforms.unix;
  };
}
