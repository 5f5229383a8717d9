# The NixOS module `services.nixauth`: channels that are updated, and authenticated, before the system
# upgrades itself. Where one is refused, or cannot be decided, nixos-upgrade.service is not started.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  cfg = config.services.nixauth;

  inherit (lib) mkEnableOption mkIf mkOption;
  inherit (lib.types)
    attrsOf
    bool
    listOf
    nullOr
    package
    str
    strMatching
    submodule
    ;

  state = "/var/lib/nixauth";
  links = "${state}/links";

  channel = submodule {
    options = {
      url = mkOption {
        type = str;
        example = "https://github.com/NixOS/nixpkgs";
        description = "Where the repository is.";
      };
      branch = mkOption {
        type = str;
        example = "nixos-unstable";
        description = "The branch, by its short name.";
      };
      introduction = mkOption {
        type = strMatching "[0-9a-fA-F]{40}";
        description = "The commit that trust starts at, in full, as its maintainers publish it.";
      };
      signer = mkOption {
        type = str;
        description = "The fingerprint of the key that signed the introduction.";
      };
      keyring = mkOption {
        type = listOf str;
        default = [ ];
        example = [ "refs/heads/keyring" ];
        description = "Refs in that repository that hold public keys. Default: refs/heads/keyring.";
      };
      authorizationsFile = mkOption {
        type = nullOr str;
        default = null;
        description = "Another path of the authorizations file, from the top of the repository.";
      };
      historicalAuthorizations = mkOption {
        type = nullOr str;
        default = null;
        description = "An absolute path on this machine: authorizations for the time before.";
      };
      historicalSha1 = mkOption {
        type = bool;
        default = false;
        description = "Whether signatures over SHA-1 count in that time.";
      };
      require = mkOption {
        type = nullOr (strMatching "every-commit");
        default = null;
        description = "Ask that every commit be signed by somebody who may.";
      };
      maxAge = mkOption {
        type = nullOr (strMatching "[1-9][0-9]*[smhdw]");
        default = null;
        example = "7d";
        description = "How old the newest authentic commit may be.";
      };
      newestAuthentic = mkOption {
        type = bool;
        default = false;
        description = "Whether to take the newest authentic commit where the branch's tip is none.";
      };
      revisionUrl = mkOption {
        type = nullOr str;
        default = null;
        example = "https://channels.nixos.org/nixos-unstable/git-revision";
        description = "Where a server says which commit is current.";
      };
    };
  };

  # The fields of docs/channels.md, those that are set.
  fields =
    one:
    let
      optional = {
        authorizations-file = one.authorizationsFile;
        historical-authorizations = one.historicalAuthorizations;
        historical-sha1 = if one.historicalSha1 then "true" else null;
        require = one.require;
        max-age = one.maxAge;
        newest-authentic = if one.newestAuthentic then "true" else null;
        revision-url = one.revisionUrl;
      };
      given = builtins.filter (name: optional.${name} != null) (builtins.attrNames optional);
    in
    {
      inherit (one)
        url
        branch
        introduction
        signer
        ;
    }
    // (if one.keyring == [ ] then { } else { inherit (one) keyring; })
    // builtins.listToAttrs (
      map (name: {
        inherit name;
        value = optional.${name};
      }) given
    );

  # Every value of the file is text, and JSON is YAML.
  file = builtins.toJSON {
    version = "1";
    channels = builtins.mapAttrs (name: fields) cfg.channels;
  };

  names = builtins.attrNames cfg.channels;
  link = name: "${links}/${name}";

  # A name is made of letters, digits, - _ and . (asserted below), and needs no quotes in a unit.
  update = name: "${cfg.package}/bin/nixauth channel update ${name} --directory ${link name}";
in
{
  options.services.nixauth = {
    enable = mkEnableOption "channels that are authenticated before the system is upgraded";

    package = mkOption {
      type = package;
      default = pkgs.callPackage ./package.nix { };
      defaultText = "pkgs.callPackage ./package.nix { }";
      description = "The package that is used.";
    };

    channels = mkOption {
      type = attrsOf channel;
      default = { };
      description = "Channels by name, written to /etc/nixauth/channels.yaml.";
    };

    gateUpgrade = mkOption {
      type = bool;
      default = true;
      description = ''
        Whether nixos-upgrade.service is started only after all channels were updated and are
        authentic.
      '';
    };

    nixpkgs = mkOption {
      type = nullOr str;
      default = null;
      example = "nixos-unstable";
      description = ''
        The channel that `<nixpkgs>` is: NIX_PATH leads to the tree that was authenticated last. Set
        `system.autoUpgrade.upgrade = false` with it, so that nix-channel is not asked as well.
      '';
    };
  };

  config = mkIf cfg.enable {
    assertions = [
      {
        assertion = names != [ ];
        message = "services.nixauth.channels: at least one channel is needed";
      }
      {
        assertion = builtins.all (
          name: builtins.match "[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}" name != null
        ) names;
        message = "services.nixauth.channels: a name is made of letters, digits, - _ and .";
      }
      {
        assertion = cfg.nixpkgs == null || builtins.elem cfg.nixpkgs names;
        message = "services.nixauth.nixpkgs: this is none of services.nixauth.channels";
      }
    ];

    environment.systemPackages = [ cfg.package ];
    environment.etc."nixauth/channels.yaml".text = file;

    nix.nixPath = mkIf (cfg.nixpkgs != null) [
      "nixpkgs=${link cfg.nixpkgs}"
      "nixos-config=/etc/nixos/configuration.nix"
    ];

    systemd.services.nixauth-update = {
      description = "Update channels to authentic commits";
      wants = [ "network-online.target" ];
      after = [ "network-online.target" ];
      before = if cfg.gateUpgrade then [ "nixos-upgrade.service" ] else [ ];
      requiredBy = if cfg.gateUpgrade then [ "nixos-upgrade.service" ] else [ ];

      environment = {
        HOME = state;
        XDG_DATA_HOME = "/var/lib";
        XDG_CACHE_HOME = "/var/cache";
      };

      serviceConfig = {
        Type = "oneshot";
        # nixauth itself gives up after two hours for a channel; this is for what it cannot end.
        TimeoutStartSec = "${toString (2 * builtins.length names + 1)}h";
        # One after the other; the first one that fails ends the unit, and the upgrade with it.
        ExecStart = map update names;
        StateDirectory = [
          "nixauth"
          "nixauth/links"
        ];
        StateDirectoryMode = "0755";
        CacheDirectory = "nixauth";
        UMask = "0022";

        # It runs as root, whose files the channels are, and may do little.
        CapabilityBoundingSet = "";
        LockPersonality = true;
        NoNewPrivileges = true;
        PrivateDevices = true;
        PrivateTmp = true;
        ProtectClock = true;
        ProtectControlGroups = true;
        ProtectHome = true;
        ProtectHostname = true;
        ProtectKernelLogs = true;
        ProtectKernelModules = true;
        ProtectKernelTunables = true;
        ProtectProc = "invisible";
        ProtectSystem = "strict";
        RestrictAddressFamilies = [
          "AF_INET"
          "AF_INET6"
          "AF_UNIX"
        ];
        RestrictNamespaces = true;
        RestrictRealtime = true;
        RestrictSUIDSGID = true;
        SystemCallArchitectures = "native";
        SystemCallFilter = [ "@system-service" ];
      };
    };
  };
}
