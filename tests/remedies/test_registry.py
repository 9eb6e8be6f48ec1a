"""The registry of remedies: names, looks, and what nobody has registered."""

import numpy as np
import pytest
from pydantic import ValidationError

from ferflow.errors import InputError
from ferflow.params import load
from ferflow.remedies import registry
from ferflow.remedies.names import all_remedies, combined_name, look_up, remedy_of
from ferflow.remedies.registry import BALANCES, CLASS_WEIGHTS, LOSSES, make_loss, sample_weight


def test_every_experiment_of_the_default_file_has_the_remedy_of_its_name() -> None:
    settings = load()
    words = {"undersample", "oversample", "augment", "class weights", "focal loss", "repeat"}
    for name in settings.presets["core"]:
        experiment = settings.experiment(name)
        remedy = remedy_of(experiment, settings.protocol(experiment.protocol))
        last = name.rpartition("-")[2]
        expected = {"weighted": "class weights", "focal": "focal loss"}.get(last, last)
        assert remedy == (expected if expected in words else "none"), name


def test_every_experiment_of_the_preset_remedies_has_another_remedy_on_the_same_network() -> None:
    settings = load()
    names = settings.presets["remedies"]
    remedies = [remedy_of(settings.experiment(name), settings.protocol_of(name)) for name in names]
    assert remedies[0] == "none"
    assert len(set(remedies)) == len(remedies) - 1  # focal loss with class weights in it and without
    experiments = [settings.experiment(name) for name in names]
    assert len({repr(e.model.model_dump(exclude={"loss", "retrain"})) for e in experiments}) == 1
    assert {e.epochs for e in experiments} == {experiments[0].epochs}
    assert {settings.protocol_of(name).split for name in names} == {settings.protocol("seven").split}


def test_remedies_together_have_a_name_from_which_they_are_found_again() -> None:
    both = [BALANCES["oversample"].remedy, CLASS_WEIGHTS["balanced"].remedy]
    name = combined_name(both)
    assert name == "oversample + class weights"
    assert look_up(name).noun == "oversampling + class weights"
    assert look_up(name).marker not in {remedy.marker for remedy in both}
    assert combined_name([]) == "none"


def test_nothing_falls_back_in_silence() -> None:
    with pytest.raises(InputError, match="no remedy is called 'focal los'; did you mean 'focal loss'"):
        look_up("focal los")
    with pytest.raises(InputError, match="no loss is called 'crossentropy'; did you mean 'cross-entropy'"):
        make_loss("crossentropy")
    with pytest.raises(ValidationError, match="label_smoothing"):
        make_loss({"name": "focal", "label_smoothing": 0.1})
    with pytest.raises(InputError, match="no class_weight is called 'balance'"):
        registry.sample_weight("balance", np.array([0, 1]))
    with pytest.raises(ValueError, match="'focal' is registered already"):
        registry.register_loss(None)(LOSSES["focal"])
    assert look_up("focal loss").name == "focal loss"  # which the refusal leaves as it was


def test_every_registered_remedy_looks_like_no_other() -> None:
    remedies = all_remedies()
    assert len({remedy.name for remedy in remedies}) == len(remedies)
    assert len({remedy.marker for remedy in remedies}) == len(remedies)
    alike = {"oversample", "repeat"}
    assert len({remedy.colour for remedy in remedies if remedy.name not in alike}) == len(remedies) - 2


def test_balanced_weights_give_each_class_as_much_in_all() -> None:
    target = np.repeat([0, 1, 2], [40, 16, 4])
    expected = 60 / (3 * np.array([40, 16, 4]))[target]
    assert sample_weight("balanced", target) == pytest.approx(expected)
