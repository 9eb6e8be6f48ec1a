import numpy as np

from ferflow.sample.anatomy import place
from ferflow.sample.appearance import dress
from ferflow.sample.expressions import rest
from ferflow.sample.person import HAIR_STYLES, draw_person

PEOPLE = [draw_person(np.random.default_rng(seed)) for seed in range(400)]


def test_people_are_varied() -> None:
    assert {person.hair_style for person in PEOPLE} == set(HAIR_STYLES)
    assert {person.beard for person in PEOPLE} == {"none", "stubble", "moustache", "full"}
    assert {person.glasses for person in PEOPLE} == {"none", "clear", "dark"}
    assert min(person.age for person in PEOPLE) < 10 and max(person.age for person in PEOPLE) > 75
    assert np.ptp([person.skin for person in PEOPLE]) > 100
    assert 0.35 < np.mean([person.woman for person in PEOPLE]) < 0.65


def test_women_and_children_have_no_beards_and_the_young_no_wrinkles() -> None:
    assert all(person.beard == "none" for person in PEOPLE if person.woman or person.age < 18)
    assert all(person.wrinkles == 0 for person in PEOPLE if person.age < 40)


def test_the_young_keep_their_hair_and_the_old_have_wrinkles() -> None:
    assert all(person.age >= 30 for person in PEOPLE if person.hair_style in ("bald", "receding"))
    assert max(person.wrinkles for person in PEOPLE) == 1
    assert all(person.wrinkles == (person.age - 40) / 40 for person in PEOPLE if 40 < person.age < 80)


def test_dark_skin_comes_with_dark_hair_before_it_turns_grey() -> None:
    dark = [person for person in PEOPLE if person.skin < 140 and person.age < 55]
    assert len(dark) > 20 and all(person.hair <= 0.35 * person.skin for person in dark)


def test_women_have_narrower_brows_and_jaws_and_fuller_lips() -> None:
    for name, direction in (("brow_width", -1), ("jaw", -1), ("lips", 1)):
        women, men = ([p[name] for p in PEOPLE if p.woman == woman] for woman in (True, False))
        assert direction * (np.mean(women) / np.mean(men) - 1) > 0.04


def test_children_have_larger_eyes_rounder_heads_and_shorter_noses() -> None:
    children = [person for person in PEOPLE if person.age < 13]
    adults = [person for person in PEOPLE if person.age >= 16]
    for name, direction in (("iris", 1), ("eye_width", 1), ("cheeks", 1), ("nose_length", -1), ("chin", -1)):
        difference = np.mean([p[name] for p in children]) - np.mean([p[name] for p in adults])
        assert direction * difference > 0


def test_people_wear_what_they_have() -> None:
    for person in PEOPLE:
        curves = dress(person, place(person, rest()))
        assert ("hair_front" in curves) == (person.hair_style != "bald")
        assert ("hair_back" in curves) == (person.hair_style in ("long", "scarf"))
        assert ("left_lens" in curves) == (person.glasses != "none")
        assert ("beard" in curves) == (person.beard in ("stubble", "full"))
        assert ("moustache" in curves) == (person.beard in ("moustache", "full"))
