import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import ferflow
from ferflow import Predictor, to_frame
from ferflow.errors import InputError
from ferflow.models.factory import load_model, make_model
from ferflow.predict import predictor as module
from tests.predict.photographs import CLASSES, LANDSCAPE, PORTRAIT, lit


def test_an_import_alone_loads_no_network() -> None:
    check = "import sys, ferflow; assert not {'torch', 'numpy', 'onnxruntime'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", check], check=True)
    with pytest.raises(AttributeError, match="no attribute 'Predicter'"):
        ferflow.Predicter  # noqa: B018


def test_a_face_has_a_box_a_label_and_probabilities(predictor: Predictor) -> None:
    prediction = predictor(PORTRAIT)
    (face,) = prediction
    assert (prediction.image, prediction.width, prediction.height) == (str(PORTRAIT), 512, 600)
    assert face.box is not None
    assert (150 < face.box.left < 210, 340 < face.box.right < 390) == (True, True)
    assert face.score is not None
    assert 0.5 < face.score <= 1
    assert tuple(face.probabilities) == CLASSES == prediction.classes
    assert sum(face.probabilities.values()) == pytest.approx(1, abs=1e-5)
    assert face.label == max(face.probabilities, key=lambda name: face.probabilities[name])


def test_paths_images_and_arrays_are_the_same(predictor: Predictor) -> None:
    image = Image.open(PORTRAIT)
    pixels = np.asarray(image)
    faces = [p.faces[0] for p in predictor([PORTRAIT, str(PORTRAIT), image, pixels, pixels.copy()])]
    assert {face.image for face in faces} == {str(PORTRAIT), "3", "4"}
    assert len({(face.box, face.label, tuple(face.probabilities.values())) for face in faces}) == 1
    grey = predictor(np.asarray(image.convert("L")))
    with_alpha = predictor(np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)]))
    assert (len(grey), len(with_alpha)) == (1, 1)


def test_what_a_camera_turned_is_turned_whoever_opened_it(predictor: Predictor, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright
    file = tmp_path / "turned.png"
    Image.open(PORTRAIT).rotate(90, expand=True).save(file, exif=exif)
    (from_path,), (from_image,) = predictor(file), predictor(Image.open(file))
    assert from_image.box == from_path.box
    assert from_image.probabilities == from_path.probabilities


def test_crops_are_recognised_as_the_model_does(model: Path) -> None:
    crops = [lit(bool(seed % 2), 100 + seed) for seed in range(20)]
    predictions = Predictor(model, cropped=True)(crops)
    assert [p.faces[0].label for p in predictions] == [CLASSES[seed % 2] for seed in range(20)]
    assert all(p.faces[0].box is None and p.faces[0].score is None for p in predictions)
    found = [list(p.faces[0].probabilities.values()) for p in predictions]
    alone = load_model(model).predict_proba(np.array(crops).reshape(20, -1))
    np.testing.assert_allclose(found, alone, atol=1e-6)


def test_a_table_has_a_row_for_each_image_without_a_face(predictor: Predictor) -> None:
    table = to_frame(predictor([PORTRAIT, LANDSCAPE]))
    columns = ["image", "face", "left", "top", "right", "bottom", "score", "label"]
    assert list(table.columns) == [*columns, *(f"p_{name}" for name in CLASSES)]
    assert list(table["label"] == "") == [False, True]
    assert table.loc[1, "left":"score"].isna().all()
    assert predictor(PORTRAIT).to_frame().equals(table.iloc[:1])
    assert to_frame(predictor(PORTRAIT)).equals(table.iloc[:1])
    assert list(to_frame([]).columns) == columns


def test_threads_share_a_predictor(model: Path) -> None:
    predictor = Predictor(model)
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(predictor, [PORTRAIT] * 8))
    assert all(result == results[0] for result in results)


def test_whole_photos_given_as_faces_are_noticed(model: Path) -> None:
    predictor = Predictor(model, cropped=True)
    portrait = Image.open(PORTRAIT)
    assert "no square crop" in predictor(portrait.resize((900, 500))).warning
    far = Image.new("RGB", (600, 600), "grey")
    far.paste(portrait.resize((256, 300)), (100, 200))
    assert "small face" in predictor(far).warning
    assert predictor(portrait.crop((150, 105, 390, 345))).warning == ""
    assert predictor(lit(True, 0)).warning == ""


@pytest.mark.parametrize(
    ("image", "message"),
    [
        ("nowhere.png", r"nowhere.png: cannot be read \(No such file"),
        ("a\0b.png", r"^a\0b.png: cannot be read \(embedded null byte\)$"),
        ("a\ud800b.png", r"cannot be read \('utf-8' codec"),
        (np.zeros((20, 20)), "image 0: an array of float64"),
        (np.zeros((20, 20, 2), np.uint8), "give uint8"),
        (np.zeros((0, 20), np.uint8), "give uint8"),
        (np.zeros((1, 1), np.uint8), "1 x 1 pixels are too few"),
        ([3], "image 0: of type int"),
        (None, "image 0: of type NoneType; give a path"),
        (3, "image 0: of type int; give a path"),
        (b"a.jpg", "image 0: of type bytes; give a path"),
    ],
)
def test_bad_images_are_named(predictor: Predictor, image: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        predictor(image)  # type: ignore[call-overload]


def test_images_may_come_one_by_one(predictor: Predictor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH", 2)
    crops = [lit(bool(seed % 2), seed) for seed in range(5)]
    assert [p.image for p in predictor(crop for crop in crops)] == ["0", "1", "2", "3", "4"]
    assert predictor([]) == []


def test_a_file_of_another_kind_is_no_model(tmp_path: Path, model: Path) -> None:
    other, renamed = tmp_path / "network.pt2", tmp_path / "network.model"
    other.write_bytes(PORTRAIT.read_bytes())
    with pytest.raises(InputError, match=r"network.pt2: no model; give a .safetensors .* or an .onnx"):
        Predictor(other)
    renamed.write_bytes(model.read_bytes())
    assert Predictor(renamed).side == 12
    with pytest.raises(InputError, match=r"nowhere.pt2: no such file"):
        Predictor(tmp_path / "nowhere.pt2")


def test_a_damaged_image_that_pillow_has_opened_is_bad_input(predictor: Predictor, tmp_path: Path) -> None:
    cut = tmp_path / "cut.jpg"
    cut.write_bytes(PORTRAIT.read_bytes()[:9000])
    with pytest.raises(InputError, match=r"image 0: cannot be read \(image file is truncated"):
        predictor(Image.open(cut))
    closed = Image.open(PORTRAIT)
    closed.close()
    with pytest.raises(InputError, match="image 1: cannot be read"):
        predictor([PORTRAIT, closed])


def test_a_model_that_takes_no_faces_is_refused(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    path = tmp_path / "m.safetensors"
    make_model("softmax", epochs=1).fit(rng.normal(size=(20, 6)), np.arange(20) % 2).save(path)
    with pytest.raises(InputError, match="6 features are no square face"):
        Predictor(path)


def test_without_a_network_in_the_package_one_line_says_how_to_give_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "NETWORK", "none-of-this-name")
    with pytest.raises(InputError, match="give one with --model"):
        Predictor()


def test_a_device_that_is_not_there_is_one_line(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(InputError, match="no GPU"):
        Predictor(model, device="cuda")
    assert Predictor(model, device="auto").side == 12
