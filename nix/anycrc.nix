# The Python package anycrc, for a nixpkgs that does not have it.
#
# The hash is that of anycrc-2.1.0.tar.gz as PyPI serves it to pip, computed with
# `nix hash file --type sha256`.
{
  lib,
  buildPythonPackage,
  fetchPypi,
  setuptools,
  cython,
}:

buildPythonPackage rec {
  pname = "anycrc";
  version = "2.1.0";
  pyproject = true;

  src = fetchPypi {
    inherit pname version;
    hash = "sha256-qQfpz2dn9hFmIahYIunGtZjNJLAcqZMCaY0dVbVmQn8=";
  };

  build-system = [
    setuptools
    cython
  ];

  pythonImportsCheck = [ "anycrc" ];

  meta = {
    description = "CRC library with a C implementation";
    homepage = "https://github.com/marzooqy/anycrc";
    license = lib.licenses.zlib;
  };
}
