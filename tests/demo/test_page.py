"""The page in a real Chromium."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from tests.accessibility import serious
from tests.demo.conftest import end, hold, served
from tests.predict.photographs import LANDSCAPE, PORTRAIT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

Open = Callable[..., "Page"]
Early = tuple["Page", Callable[[int], "Route"]]


def encoded(image: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def upload(page: "Page", name: str, content: bytes) -> None:
    page.set_input_files("#file", {"name": name, "mimeType": "image/jpeg", "buffer": content})


def status(page: "Page", text: str) -> None:
    page.locator("#status", has_text=text).wait_for()


# A camera that answers once `answer()` is called; all its streams are kept.
SLOW_CAMERA = """() => {
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  const released = new Promise((resolve) => { window.answer = resolve; });
  window.streams = [];
  navigator.mediaDevices.getUserMedia = async (what) => {
    const stream = await ask(what);
    window.streams.push(stream);
    await released;
    return stream;
  };
}"""
TRACKS = "streams.flatMap((stream) => stream.getTracks().map((track) => track.readyState))"


def test_a_photo_shows_its_face_and_where_the_network_looks(open_page: Open, address: str) -> None:
    page = open_page(address)
    upload(page, "hopper.jpg", PORTRAIT.read_bytes())
    status(page, "1 face: ")
    box, photo = page.locator(".box").bounding_box(), page.locator("#photo").bounding_box()
    assert box is not None
    assert photo is not None
    left, right = ((x - photo["x"]) / photo["width"] for x in (box["x"], box["x"] + box["width"]))
    assert (0.3 < left < 0.42, 0.65 < right < 0.78) == (True, True)
    shares = page.locator(".face .number").all_inner_texts()
    assert sum(int(share.rstrip("%")) for share in shares) in range(97, 104)
    assert page.locator("figure").is_hidden()
    page.get_by_role("button", name="Where does it look?").click()
    page.get_by_role("img", name="Saliency map").wait_for()
    page.get_by_label("Class that the map is for").select_option("disgust")
    page.get_by_role("img", name="Saliency map for disgust").wait_for()


def test_several_faces_are_chosen_by_their_boxes(open_page: Open, address: str) -> None:
    portrait = Image.open(PORTRAIT)
    photo = Image.new("RGB", (1100, 640), "grey")
    photo.paste(portrait, (0, 0))
    photo.paste(portrait, (580, 20))
    page = open_page(address)
    upload(page, "two.png", encoded(photo))
    status(page, "2 faces")
    page.get_by_role("button", name="Face 2").click()
    chosen = [box.get_attribute("aria-pressed") for box in page.locator(".box").all()]
    assert chosen == ["false", "true"]
    assert page.locator(".face.selected").get_attribute("id") == "face-1"


MOVING = encoded(Image.new("L", (60, 60)), "GIF", save_all=True, append_images=[Image.new("L", (60, 60), 90)])


BAD = (
    ("notes.txt", b"no photo", "notes.txt: not a JPEG, PNG, BMP or WEBP image; choose another photo."),
    ("moving.gif", MOVING, "moving.gif: not a JPEG, PNG, BMP or WEBP image; choose another photo."),
    ("empty.jpg", b"", "empty.jpg: the file is empty; choose another photo."),
    ("dot.png", encoded(Image.new("L", (1, 1))), "dot.png: 1 x 1 pixels are too few for a face"),
    ("huge.png", encoded(Image.new("1", (9000, 6000))), "huge.png: 9000 x 6000 pixels are too many"),
    ("cut.jpg", PORTRAIT.read_bytes()[:9000], "cut.jpg: damaged image"),
)


def test_what_is_no_photo_is_one_sentence(open_page: Open, address: str) -> None:
    page = open_page(address)
    upload(page, "hopper.jpg", PORTRAIT.read_bytes())
    status(page, "1 face")
    for name, content, sentence in BAD:
        upload(page, name, content)
        page.get_by_role("alert").filter(has_text=sentence).wait_for()
        assert "Traceback" not in page.inner_text("body")
        assert page.locator(".face, .box").count() == 0
    upload(page, "hopper.jpg", PORTRAIT.read_bytes())  # the same page goes on
    status(page, "1 face")
    assert page.get_by_role("alert").is_hidden()


def test_unusual_photos_are_shown(open_page: Open, address: str) -> None:
    page = open_page(address)
    portrait = Image.open(PORTRAIT)
    upload(page, "cmyk.jpg", encoded(portrait.convert("CMYK"), "JPEG"))
    status(page, "1 face")
    upload(page, "large.jpg", encoded(portrait.resize((4000, 4688)), "JPEG"))
    page.get_by_alt_text("The photo: large.jpg").wait_for()
    status(page, "1 face")


def test_a_photo_without_a_face_may_be_taken_as_one(open_page: Open, address: str) -> None:
    page = open_page(address)
    upload(page, "china.jpg", LANDSCAPE.read_bytes())
    status(page, "No face was found in china.jpg.")
    page.get_by_role("button", name="Treat the whole picture as one face").click()
    status(page, "Take care: 640 x 427 pixels are no square crop of a face")
    assert page.locator(".face").count() == 1


def test_the_camera_is_watched_and_its_picture_taken(open_page: Open, address: str) -> None:
    page = open_page(address)
    page.get_by_role("button", name="Use the camera").click()
    status(page, "No face in the camera's picture.")
    assert page.evaluate("document.getElementById('video').videoWidth") > 0
    page.get_by_role("button", name="Take this picture").click()
    status(page, "No face was found in the camera's picture.")
    assert page.evaluate("document.getElementById('video').srcObject") is None
    assert page.get_by_alt_text("The photo: the camera's picture").is_visible()


def test_a_double_click_starts_one_camera_which_is_stopped(open_page: Open, address: str) -> None:
    page = open_page(address)
    page.evaluate(SLOW_CAMERA)
    page.get_by_role("button", name="Use the camera").dblclick()
    status(page, "Waiting for the camera")
    page.evaluate("answer()")
    status(page, "No face in the camera's picture.")
    assert page.evaluate(TRACKS) == ["live"]
    page.get_by_role("button", name="Stop the camera").click()
    status(page, "No photo yet.")
    assert page.evaluate(TRACKS) == ["ended"]


def test_a_camera_that_answers_late_is_let_go(open_page: Open, address: str) -> None:
    page = open_page(address)
    page.evaluate(SLOW_CAMERA)
    page.get_by_role("button", name="Use the camera").click()
    upload(page, "hopper.jpg", PORTRAIT.read_bytes())
    status(page, "1 face")
    page.get_by_role("button", name="Use the camera").click()
    page.evaluate("answer()")
    status(page, "No face in the camera's picture.")
    assert sorted(page.evaluate(TRACKS)) == ["ended", "live"]
    page.get_by_role("button", name="Stop the camera").click()
    assert page.evaluate(TRACKS) == ["ended", "ended"]


def test_a_camera_whose_picture_does_not_play_is_let_go(open_page: Open, address: str) -> None:
    page = open_page(address)
    page.evaluate(SLOW_CAMERA)
    page.evaluate("() => { document.getElementById('video').play = () => Promise.reject(new Error()); }")
    page.get_by_role("button", name="Use the camera").click()
    page.evaluate("answer()")
    page.get_by_role("alert").filter(has_text="no camera answers; choose a photo.").wait_for()
    assert page.evaluate(TRACKS) == ["ended"]
    assert page.get_by_role("button", name="Use the camera").is_enabled()


def test_a_camera_that_is_unplugged_is_told(open_page: Open, address: str) -> None:
    page = open_page(address)
    page.evaluate(SLOW_CAMERA)
    page.get_by_role("button", name="Use the camera").click()
    page.evaluate("answer()")
    status(page, "No face in the camera's picture.")
    page.evaluate("streams[0].getTracks()[0].dispatchEvent(new Event('ended'))")
    page.get_by_role("alert").filter(has_text="The camera gives no more pictures").wait_for()
    status(page, "No photo yet.")
    assert page.locator("#video").is_hidden()
    page.get_by_role("button", name="Use the camera").click()  # plugged in again
    status(page, "No face in the camera's picture.")
    assert page.get_by_role("alert").is_hidden()


def test_models_are_compared_whatever_their_classes_are_called(open_page: Open, address: str) -> None:
    page = open_page(address)
    sets = [("joy, love, awe, pride", "sad"), ("joy", "sad", "calm"), ("joy", "love, awe, pride, sad")]
    models = [
        {
            "experiment": f"cnn-{number}",
            "model": "cnn",
            "remedy": "",
            "accuracy": 0.5,
            "measured_on": "validation",
            "leaky": False,
            "probabilities": {name: 1 / len(names) for name in names},
        }
        for number, names in enumerate(sets)
    ]
    page.route("**/api/compare*", lambda route: route.fulfill(json={"hint": "", "models": models}))
    page.get_by_role("button", name="Eileen Collins").click()
    status(page, "1 face")
    page.get_by_role("tab", name="Compare models").click()
    page.locator("#models caption").first.wait_for()
    captions = page.locator("#models caption").all_inner_texts()
    assert captions == [f"Models that tell {n} classes apart" for n in (3, 2, 2)]
    assert page.locator("#models td.class").all_inner_texts() == ["33%"] * 3 + ["50%"] * 4


def test_every_sample_photo_has_a_face(open_page: Open, address: str) -> None:
    page = open_page(address)
    buttons = page.locator("#pictures button").all()
    assert len(buttons) == 9
    for button in buttons:
        button.click()
        title = button.locator("img").get_attribute("alt")
        page.get_by_alt_text(f"The photo: {title}").wait_for()
        status(page, "1 face")


def test_a_narrow_screen_needs_no_scrolling_aside(open_page: Open, address: str) -> None:
    page = open_page(address, width=400, height=800)
    page.get_by_role("button", name="Eileen Collins").click()
    status(page, "1 face")
    page.get_by_role("button", name="Where does it look?").click()
    page.get_by_role("img", name="Saliency map").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == 400


def test_the_keyboard_is_enough(open_page: Open, address: str) -> None:
    page = open_page(address)
    page.locator("#file").focus()
    for name in ("Use the camera", "Expression"):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent").strip() == name
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.textContent") == "Compare models"
    page.get_by_text("There is no params.yaml in this folder").wait_for()
    page.get_by_role("button", name="Eileen Collins").focus()
    page.keyboard.press("Enter")
    status(page, "1 face")
    page.get_by_role("tab", name="Compare models").focus()
    page.keyboard.press("ArrowLeft")
    assert page.get_by_role("button", name="Where does it look?").is_visible()


def test_nothing_keeps_readers_out(open_page: Open, address: str) -> None:
    page = open_page(address)
    assert serious(page) == []
    page.get_by_role("button", name="Eileen Collins").click()
    status(page, "1 face")
    page.get_by_role("button", name="Where does it look?").click()
    page.get_by_role("img", name="Saliency map").wait_for()
    assert serious(page) == []
    page.get_by_role("tab", name="Compare models").click()
    page.get_by_text("There is no params.yaml in this folder").wait_for()
    assert serious(page) == []


def test_no_photo_is_left_and_a_server_that_has_ended_is_one_sentence(
    open_page: Open, tmp_path: Path
) -> None:
    with served(tmp_path, "--port", 0) as (address, process):
        page = open_page(address)
        upload(page, "hopper.jpg", PORTRAIT.read_bytes())
        status(page, "1 face")
        assert end(process) == (0, "ended\n", "")
        upload(page, "hopper.jpg", PORTRAIT.read_bytes())
        page.get_by_role("alert").filter(has_text="start `ferflow demo` again").wait_for()
    # No file of any kind: onnxruntime's telemetry would leave one of its own.
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.fixture
def early(chromium: "Browser", address: str) -> Iterator[Early]:
    """Open the page and keep the request for its setup, which is number 0, waiting."""
    page = chromium.new_page()
    page.set_default_timeout(60_000)
    request = hold(page, "**/api/setup")
    page.goto(address)
    yield page, request
    page.close()


def test_a_photo_that_is_sooner_than_the_setup_ends_the_same(early: Early) -> None:
    page, request = early
    upload(page, "hopper.jpg", PORTRAIT.read_bytes())
    status(page, "1 face: ")
    page.locator(".face.selected").wait_for()
    assert page.get_by_role("heading", name="Or try one of these").count() == 0
    request(0).continue_()
    page.get_by_role("button", name="Where does it look?").click()
    page.get_by_role("img", name="Saliency map").wait_for()
    assert page.locator(".face").get_attribute("class") == "face selected"
    assert page.get_by_role("heading", name="Or try one of these").is_visible()


def test_the_hint_is_there_if_the_setup_is_later_than_a_tab(early: Early) -> None:
    page, request = early
    page.get_by_role("tab", name="Compare models").click()
    page.locator("#panel-models").wait_for(state="attached")
    assert page.locator("#models .hint").count() == 0
    request(0).continue_()
    page.get_by_text("There is no params.yaml in this folder").wait_for()
