# As much of nixpkgs' lib as nix/module.nix and nix/package.nix use, and a way to evaluate one module.
# It is no nixpkgs: types are checked one by one, nothing is merged, priorities do not exist.
let
  isType = kind: value: builtins.isAttrs value && value._type or null == kind;

  simple = name: check: {
    inherit name;
    merge =
      path: value: if check value then value else throw "${path} is no ${name}";
  };

  types = rec {
    bool = simple "boolean" builtins.isBool;
    str = simple "string" builtins.isString;
    package = simple "package" (value: builtins.isAttrs value && value ? outPath);
    strMatching =
      pattern:
      simple "string of the form ${pattern}" (
        value: builtins.isString value && builtins.match pattern value != null
      );
    nullOr = type: {
      name = "null or ${type.name}";
      merge = path: value: if value == null then null else type.merge path value;
    };
    listOf = type: {
      name = "list of ${type.name}";
      merge =
        path: value:
        if builtins.isList value then map (type.merge path) value else throw "${path} is no list";
    };
    attrsOf = type: {
      name = "attributes of ${type.name}";
      merge = path: value: builtins.mapAttrs (name: type.merge "${path}.${name}") value;
    };
    submodule = module: {
      name = "submodule";
      merge = path: value: fill path module.options value;
    };
  };

  # Values for a tree of options: what is set, checked, or else the default.
  fill =
    path: options: set:
    let
      unknown = builtins.filter (name: !(options ? ${name})) (builtins.attrNames set);
    in
    if unknown != [ ] then
      throw "${path}.${builtins.head unknown} is no option"
    else
      builtins.mapAttrs (
        name: option:
        let
          here = if path == "" then name else "${path}.${name}";
        in
        if !(isType "option" option) then
          fill here option (set.${name} or { })
        else if set ? ${name} then
          option.type.merge here set.${name}
        else if option ? default then
          option.type.merge here option.default
        else
          throw "${here} is not set"
      ) options;

  # Takes mkIf away: what is under a condition that does not hold is not there.
  settle =
    value:
    if isType "if" value then
      (if value.condition then settle value.content else null)
    else if builtins.isAttrs value && !(value ? outPath) then
      let
        settled = builtins.mapAttrs (name: settle) value;
        absent = name: isType "if" value.${name} && settled.${name} == null;
      in
      removeAttrs settled (builtins.filter absent (builtins.attrNames value))
    else
      value;
in
rec {
  lib = {
    inherit types;
    mkOption = option: option // { _type = "option"; };
    mkEnableOption =
      what:
      lib.mkOption {
        type = types.bool;
        default = false;
        description = "Whether to enable ${what}.";
      };
    mkIf = condition: content: {
      _type = "if";
      inherit condition content;
    };
    makeBinPath = packages: builtins.concatStringsSep ":" (map (one: "${one}/bin") packages);
    licenses = {
      gpl3Plus = "GPL-3.0-or-later";
      zlib = "Zlib";
    };
    platforms.unix = [ "x86_64-linux" ];
  };

  evaluate =
    module: pkgs: set:
    let
      made = module {
        inherit lib pkgs;
        config = fill "" made.options set;
      };
    in
    settle made.config;

  # The packages that nix/package.nix takes; a derivation keeps what it was made of in `made`.
  pkgs =
    system: without:
    let
      plain =
        name:
        derivation {
          inherit name system;
          builder = "/bin/sh";
        };
      build =
        made:
        derivation {
          name = "${made.pname}-${made.version}";
          inherit system;
          builder = "/bin/sh";
          src = "${made.src}";
        }
        // {
          inherit made;
        };
      call =
        scope: file: more:
        let
          function = import file;
        in
        function (builtins.intersectAttrs (builtins.functionArgs function) scope // more);
      names = [
        "anycrc"
        "cryptography"
        "cython"
        "hatchling"
        "jinja2"
        "pygit2"
        "pynacl"
        "python-gnupg"
        "pyyaml"
        "rich"
        "setuptools"
        "typer"
      ];
      python3Packages =
        removeAttrs (builtins.listToAttrs (
          map (name: {
            inherit name;
            value = plain name;
          }) names
        )) without
        // {
          buildPythonApplication = build;
          buildPythonPackage = build;
          fetchPypi = source: plain "${source.pname}-${source.version}.tar.gz" // { inherit source; };
          callPackage = call (python3Packages // { inherit lib; });
        };
      all = {
        inherit lib python3Packages;
        git = plain "git";
        callPackage = call all;
      };
    in
    all;
}
