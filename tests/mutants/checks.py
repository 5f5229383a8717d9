"""Every mutant, from the tables of the rooms."""

from __future__ import annotations

from tests.mutants import (
    checks_ahead,
    checks_audit,
    checks_cache,
    checks_certificates,
    checks_commit,
    checks_engines,
    checks_guix,
    checks_hooks,
    checks_interrupts,
    checks_keys,
    checks_lists,
    checks_merging,
    checks_packets,
    checks_path,
    checks_question,
    checks_rule,
    checks_setup,
    checks_ssh,
    checks_trust,
    checks_walk,
)

MUTANTS = [
    *checks_ahead.MUTANTS,
    *checks_audit.MUTANTS,
    *checks_rule.MUTANTS,
    *checks_walk.MUTANTS,
    *checks_question.MUTANTS,
    *checks_path.MUTANTS,
    *checks_cache.MUTANTS,
    *checks_commit.MUTANTS,
    *checks_packets.MUTANTS,
    *checks_keys.MUTANTS,
    *checks_certificates.MUTANTS,
    *checks_lists.MUTANTS,
    *checks_guix.MUTANTS,
    *checks_ssh.MUTANTS,
    *checks_engines.MUTANTS,
    *checks_interrupts.MUTANTS,
    *checks_merging.MUTANTS,
    *checks_trust.MUTANTS,
    *checks_setup.MUTANTS,
    *checks_hooks.MUTANTS,
]
