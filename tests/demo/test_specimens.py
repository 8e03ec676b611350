"""The flaws of the published source are real: each is run here, and fails as it was said to."""

from __future__ import annotations

import importlib.util
import re

import numpy as np
import pytest

from lepton_audit.demo import OUT_OF_SIGHT


def loaded(folder, name, monkeypatch):
    monkeypatch.syspath_prepend(folder / "source")
    spec = importlib.util.spec_from_file_location(f"specimen_{name}", folder / f"source/{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_source_encrypts_as_the_vault_is_encrypted(published, monkeypatch):
    vault = loaded(published, "vault", monkeypatch)
    records = (published / "backups/patients.csv").read_bytes().rpartition(b"Tavrix")[0]
    assert vault.encrypt(records)[:64] == (published / "vault/records.bin").read_bytes()[:64]


def test_two_different_public_keys_give_the_same_ciphertext(published, monkeypatch):
    keys = loaded(published, "keys", monkeypatch)
    assert keys.encrypt_for(keys.generate()[0], b"x") == keys.encrypt_for(None, b"x")


def test_the_homomorphic_scheme_is_not_additive(published, monkeypatch):
    scheme = loaded(published, "homomorphic", monkeypatch)
    assert scheme.multiply(scheme.encrypt(2), scheme.encrypt(3)) == scheme.encrypt(6) == 12
    assert scheme.add(scheme.encrypt(2), scheme.encrypt(3)) != scheme.encrypt(5)


def test_the_noise_is_shared_or_absent(published, monkeypatch):
    noise = loaded(published, "noise", monkeypatch)
    values = np.array([1.0, 5.0, 9.0])
    assert np.diff(noise.gaussian(values, 0.1)) == pytest.approx([4.0, 4.0])
    assert noise.protect(values) is values
    assert noise.within_budget(100.0)
    x, y = np.ones((2, 1)), np.ones(2)
    assert noise.private_step(np.zeros(1), x, y, 1e-9) == noise.private_step(np.zeros(1), x, y, 1e9)


def test_the_detector_names_species(published, monkeypatch):
    fitted, score = loaded(published, "detector", monkeypatch).detector()
    assert score >= 0.9
    assert list(fitted.classes_) == [0, 1, 2]


def test_who_was_erased_is_still_in_the_backup_and_in_the_log(published):
    (erased,) = re.findall("patient (.*) erased", (published / "logs/service.log").read_text())
    assert erased not in (published / "data/patients.csv").read_text()
    assert erased in (published / "backups/patients.csv").read_text()


def test_every_flaw_out_of_sight_names_where_it_lies(published):
    for told in OUT_OF_SIGHT.values():
        assert (published / told.split()[0]).exists()


def test_the_hardened_state_has_none_of_these_folders(hardened):
    assert not [name for name in ("source", "docs", "backups", "logs", "models") if (hardened / name).exists()]
