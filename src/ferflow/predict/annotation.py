"""A photo with its faces' boxes and labels drawn on it."""

from collections.abc import Sequence
from dataclasses import astuple

from PIL import Image, ImageDraw, ImageFont

from ferflow.predict.formatting import NO_FACE, percent
from ferflow.predict.results import Expression, Prediction

LEAST_SIDE = 320  # pixels; smaller images are enlarged, so that a label can be read
LONGEST_SIDE = 4 * LEAST_SIDE  # to which they are: a line of pixels, so enlarged, would fill the memory
_BOX, _INK = "#ffd21f", "#1a1a1a"  # yellow and near black: told apart by every eye, on every photo


def annotate(image: Image.Image, prediction: Prediction) -> Image.Image:
    """Draw what was predicted upon a copy of an image, in RGB."""
    scale = max(1.0, min(LEAST_SIDE / min(image.size), LONGEST_SIDE / max(image.size)))
    canvas = image.convert("RGB").resize((round(image.width * scale), round(image.height * scale)))
    draw = ImageDraw.Draw(canvas)
    font = ImageFont.load_default(size=max(14, min(canvas.size) // 28))
    if not prediction.faces:
        _label(draw, (0, 0), NO_FACE, font, canvas.size)
    for face in prediction.faces:
        _draw(draw, face, scale, font, canvas.size)
    return canvas


def _draw(
    draw: ImageDraw.ImageDraw,
    face: Expression,
    scale: float,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    size: tuple[int, int],
) -> None:
    text = percent(face, face.label)
    if face.box is None:
        _label(draw, (0, 0), text, font, size)
        return
    left, top, right, bottom = (scale * edge for edge in astuple(face.box))
    draw.rectangle(
        (left, top, max(left, right), max(top, bottom)), outline=_BOX, width=max(2, min(size) // 250)
    )
    _label(draw, (left, bottom), text, font, size)


def _label(
    draw: ImageDraw.ImageDraw,
    corner: Sequence[float],
    text: str,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    size: tuple[int, int],
) -> None:
    _, _, width, height = draw.textbbox((4, 2), text, font=font)
    x = max(0, min(corner[0], size[0] - width - 4))
    y = max(0, min(corner[1], size[1] - height - 4))
    draw.rectangle((x, y, x + width + 4, y + height + 4), fill=_BOX)
    draw.text((x + 4, y + 2), text, fill=_INK, font=font)
