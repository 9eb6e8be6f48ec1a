"""Answers that come late: to a photo or a camera that is no longer shown, and what a busy button does."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.demo.conftest import hold
from tests.demo.test_page import status, upload
from tests.predict.photographs import PORTRAIT

if TYPE_CHECKING:
    from playwright.sync_api import Page

Open = Callable[..., "Page"]
LOOKS = "Where does it look?"


def test_the_keyboard_stays_on_a_busy_button_which_asks_once(open_page: Open, address: str) -> None:
    page = open_page(address)
    upload(page, "hopper.jpg", PORTRAIT.read_bytes())
    status(page, "1 face")
    request = hold(page, "**/api/look*")
    button = page.get_by_role("button", name=LOOKS)
    button.focus()
    page.keyboard.press("Enter")
    request(0)
    page.keyboard.press("Enter")
    page.wait_for_timeout(200)  # in which a second request would come
    assert page.evaluate("document.activeElement.textContent") == LOOKS
    assert button.get_attribute("aria-disabled") == "true"
    request(0).continue_()
    page.get_by_role("img", name="Saliency map").wait_for()
    assert button.get_attribute("aria-disabled") == "false"


def test_a_late_map_leaves_the_error_about_the_next_photo(open_page: Open, address: str) -> None:
    page = open_page(address)
    upload(page, "hopper.jpg", PORTRAIT.read_bytes())
    status(page, "1 face")
    request = hold(page, "**/api/look*")
    page.get_by_role("button", name=LOOKS).click()
    late = request(0)
    upload(page, "notes.txt", b"no photo")
    error = page.get_by_role("alert").filter(has_text="notes.txt: not a JPEG")
    error.wait_for()
    with page.expect_response("**/api/look*"):
        late.fulfill(json={"label": "happy", "image": "data:,"})
    page.wait_for_timeout(200)
    assert error.is_visible()


def test_a_camera_that_is_off_reports_no_failure(open_page: Open, address: str) -> None:
    page = open_page(address)
    request = hold(page, "**/api/recognise*")
    page.get_by_role("button", name="Use the camera").click()
    late = request(0)
    page.get_by_role("button", name="Stop the camera").click()
    status(page, "No photo yet.")
    with page.expect_response("**/api/recognise*"):
        late.fulfill(status=500, json={"error": "ferflow failed"})
    page.wait_for_timeout(200)
    assert page.get_by_role("alert").is_hidden()


def test_a_failure_under_a_live_camera_leaves_no_box_that_is_out_of_date(
    open_page: Open, address: str
) -> None:
    face = {
        "box": {"left": 9, "top": 9, "right": 99, "bottom": 99},
        "label": "sad",
        "probabilities": {"sad": 1},
    }
    page = open_page(address)
    request = hold(page, "**/api/recognise*")
    page.get_by_role("button", name="Use the camera").click()
    late = request(0)
    late.fulfill(json={"width": 640, "height": 480, "faces": [face]})
    page.locator(".box").wait_for(state="attached")
    request(1).fulfill(status=500, json={"error": "ferflow failed"})
    page.get_by_role("alert").filter(has_text="ferflow failed.").wait_for()
    assert page.locator(".box").count() == 0
