# The package, the program and the NixOS module. The source is the directory above, so this flake is
# used from a checkout or a git URL: `git+file:///path/to/checkout?dir=nix`.
{
  description = "Authenticate a git history from a trusted introduction, by keys listed in the tree";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      systems = [
        "aarch64-darwin"
        "aarch64-linux"
        "x86_64-darwin"
        "x86_64-linux"
      ];
      each =
        make:
        builtins.listToAttrs (
          map (system: {
            name = system;
            value = make system nixpkgs.legacyPackages.${system};
          }) systems
        );
    in
    {
      packages = each (
        system: pkgs: rec {
          nixauth = pkgs.callPackage ./package.nix { };
          default = nixauth;
        }
      );

      apps = each (
        system: pkgs: rec {
          nixauth = {
            type = "app";
            program = "${self.packages.${system}.nixauth}/bin/nixauth";
          };
          default = nixauth;
        }
      );

      nixosModules = rec {
        nixauth = import ./module.nix;
        default = nixauth;
      };
    };
}
