"""Draw one face: a grey sketch of a person whose muscles show an expression."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ferflow.sample.anatomy import SIDES, Sketch, crease_depths, place
from ferflow.sample.appearance import dress
from ferflow.sample.camera import OVERSAMPLING, SIZE, Shade, draw_pose, expose, project
from ferflow.sample.expressions import Activity, act
from ferflow.sample.person import Person, draw_person

_SIDE = SIZE * OVERSAMPLING


class Canvas:
    """An oversampled grey picture on which named curves are painted.

    Parameters
    ----------
    curves : dict of str to ndarray of shape (n, 2)
        Projected curves; painting one that is not there does nothing, as not everybody has a beard.
    background : float
        Grey level, 0 to 255.
    unit : float
        Pixels per unit of head coordinates, for the width of strokes.
    """

    def __init__(self, curves: Sketch, background: float, unit: float):
        self.image = Image.new("L", (_SIDE, _SIDE), _grey(background))
        self.draw = ImageDraw.Draw(self.image)
        self.unit = unit
        self._curves = {name: curve.ravel().tolist() for name, curve in curves.items()}

    def fill(self, name: str, tone: float) -> None:
        """Fill a closed outline."""
        if name in self._curves:
            self.draw.polygon(self._curves[name], fill=_grey(tone))

    def stroke(self, name: str, tone: float, width: float) -> None:
        """Draw an open curve; ``width`` in head coordinates."""
        if name in self._curves:
            self.draw.line(self._curves[name], fill=_grey(tone), width=max(1, round(width * self.unit)))

    def loop(self, name: str, tone: float, width: float) -> None:
        """Draw a closed outline; ``width`` in head coordinates."""
        points = self._curves[name]
        self.draw.line(points + points[:4], fill=_grey(tone), width=max(1, round(width * self.unit)))

    def dashes(self, name: str, tone: float, width: float) -> None:
        """Draw a curve's points pairwise as separate lines."""
        points = self._curves[name]
        for start in range(0, len(points), 4):
            self.draw.line(
                points[start : start + 4], fill=_grey(tone), width=max(1, round(width * self.unit))
            )


def _grey(tone: float) -> int:
    return min(255, max(0, round(tone)))


def draw_face(expression: str, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Draw a new person who shows ``expression``, in a new picture.

    Parameters
    ----------
    expression : str
        A key of :data:`ferflow.sample.expressions.EMFACS`.
    rng : numpy.random.Generator
        Source of everything about the face; the same state gives the same pixels.

    Returns
    -------
    ndarray of shape (48, 48), uint8

    Raises
    ------
    KeyError
        If ``expression`` is not one of EMFACS's.
    """
    person, activity, pose = draw_person(rng), act(expression, rng), draw_pose(rng)
    face, shades = place(person, activity), _shades(person, activity)
    places = np.array([(shade.x, shade.y) for shade in shades])
    curves = project(dress(person, face) | face | {"shades": places}, pose)
    canvas = Canvas(curves, background=rng.uniform(15, 235), unit=OVERSAMPLING * pose.scale)
    _paint_background(canvas, rng)
    _paint_head(canvas, person, rng)
    _paint_creases(canvas, person, activity)
    _paint_beard(canvas, person)
    _paint_features(canvas, person, activity)
    _paint_front(canvas, person, rng)
    if rng.random() < 0.2:
        _occlude(canvas, person, rng)
    return expose(canvas.image, curves, shades, pose, rng)


def _paint_background(canvas: Canvas, rng: np.random.Generator) -> None:
    """Put a few large things behind the person: a door, a window, a lamp."""
    for _ in range(int(rng.integers(0, 4))):
        x, y, width, height = (rng.random(4) * _SIDE).tolist()
        tone = _grey(rng.uniform(10, 245))
        if rng.random() < 0.6:
            canvas.draw.rectangle((x - width / 2, y - height / 2, x + width / 2, y + height / 2), fill=tone)
        else:
            canvas.draw.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=tone)


def _paint_head(canvas: Canvas, person: Person, rng: np.random.Generator) -> None:
    skin = person.skin
    cover = rng.uniform(40, 220) if person.hair_style == "scarf" else person.hair
    canvas.fill("hair_back", 0.85 * cover)
    canvas.fill("neck", 0.72 * skin)
    canvas.fill("clothes", rng.uniform(20, 230))
    for name, _ in SIDES:
        canvas.fill(f"{name}_ear", 0.86 * skin)
    canvas.fill("head", skin)
    canvas.fill("hair_front", cover)


def _paint_creases(canvas: Canvas, person: Person, activity: Activity) -> None:
    depths = crease_depths(person, activity)
    for name, _ in SIDES:
        for crease, width in (("nasolabial", 0.05), ("bag", 0.04), ("frown", 0.045)):
            if depths[crease] > 0.1:
                canvas.stroke(f"{name}_{crease}", person.skin * (1 - 0.34 * depths[crease]), width)
        for crease, width in (("crow", 0.03), ("snarl", 0.04)):
            if depths[crease] > 0.15:
                canvas.dashes(f"{name}_{crease}", person.skin * (1 - 0.4 * depths[crease]), width)
        canvas.stroke(f"{name}_bridge", 0.9 * person.skin, 0.035)
    if depths["forehead"] > 0.15 and person.hair_style != "fringe":
        for line in ("forehead", "forehead_high"):
            canvas.stroke(line, person.skin * (1 - 0.25 * depths["forehead"]), 0.035)
    canvas.stroke("under_lip", person.skin * (1 - 0.22 * depths["chin"]), 0.05)


def _paint_beard(canvas: Canvas, person: Person) -> None:
    weight = 0.28 if person.beard == "stubble" else 0.8
    tone = (1 - weight) * person.skin + weight * person.hair
    canvas.fill("beard", tone)
    canvas.fill("moustache", tone)


def _paint_features(canvas: Canvas, person: Person, activity: Activity) -> None:
    skin, line = person.skin, 0.26 * person.skin
    made_up = 1.0 if person.woman and person.age > 16 else 0.0
    for name, _ in SIDES:
        canvas.stroke(f"{name}_crease", (0.8 - 0.08 * person["lid_crease"]) * skin, 0.03)
        canvas.fill(f"{name}_eye", min(250.0, 0.55 * skin + 118))
        canvas.fill(f"{name}_iris", 0.2 * skin + 28)
        canvas.fill(f"{name}_pupil", 12)
        canvas.stroke(f"{name}_lower_lid", (0.68 - 0.12 * made_up) * skin, 0.025)
        canvas.stroke(f"{name}_upper_lid", line * (1 - 0.5 * made_up), 0.045 + 0.018 * made_up)
        canvas.fill(f"{name}_brow", min(0.62 * skin, 0.85 * person.hair + 6))
        canvas.stroke(f"{name}_wing", 0.66 * skin, 0.035)
        canvas.fill(f"{name}_nostril", 0.3 * skin)
    canvas.stroke("nose_base", 0.72 * skin, 0.035)
    canvas.fill("lips", (0.7 - 0.14 * made_up) * skin)
    if activity[25] > 0.15 or activity[26] > 0.1:
        canvas.fill("mouth_opening", 0.12 * skin + 8)
        canvas.fill("teeth", 225)
    canvas.stroke("mouth_line", 0.3 * skin, 0.035)


def _paint_front(canvas: Canvas, person: Person, rng: np.random.Generator) -> None:
    """Paint what lies before the face: glasses and strands of hair."""
    frame = rng.uniform(15, 110)
    for name, _ in SIDES:
        if person.glasses == "dark":
            canvas.fill(f"{name}_lens", 30)
        if person.glasses != "none":
            canvas.loop(f"{name}_lens", frame, 0.045)
        canvas.stroke(f"{name}_temple", frame, 0.045)
    canvas.stroke("glasses_bridge", frame, 0.045)


def _occlude(canvas: Canvas, person: Person, rng: np.random.Generator) -> None:
    """Hide a part: a hand at the cheek or the chin, a strand of hair, or a line of text."""
    kind = rng.choice(("hand", "strand", "text"), p=(0.4, 0.3, 0.3))
    if kind == "hand":
        _paint_hand(canvas, person, rng)
    elif kind == "strand":
        _paint_strand(canvas, person, rng)
    else:
        _paint_text(canvas, rng)


def _paint_strand(canvas: Canvas, person: Person, rng: np.random.Generator) -> None:
    """Let hair hang into the face: a few locks that part from one point and curl aside."""
    start, end = rng.uniform(0.2, 0.8, 2) * _SIDE
    low, curl = rng.uniform(0.45, 0.8) * _SIDE, rng.normal(0, 0.25) * _SIDE
    t = np.linspace(0.0, 1.0, 9)
    for spread in rng.uniform(-0.08, 0.08, 4):
        x = start + (end - start + spread * _SIDE) * t + curl * t * (1 - t)
        lock = np.stack([x, low * t ** (1 + 4 * abs(spread))], axis=1).ravel().tolist()
        canvas.draw.line(lock, fill=_grey(person.hair * (1 + 2 * spread)), width=int(rng.integers(3, 8)))


def _paint_hand(canvas: Canvas, person: Person, rng: np.random.Generator) -> None:
    unit = canvas.unit
    side = -1.0 if rng.random() < 0.5 else 1.0
    x = _SIDE / 2 + side * rng.uniform(0.45, 1.0) * unit
    y = _SIDE / 2 + rng.uniform(0.75, 1.4) * unit
    thick = 0.2 * unit
    for finger in range(4):
        lean = side * (-0.55 + 0.3 * finger) * 0.5
        length = (0.62, 0.74, 0.7, 0.55)[finger] * unit
        base = (x + side * (finger - 1.5) * 0.19 * unit, y)
        tip = (base[0] + lean * length, base[1] - length)
        for tone, width in ((0.6, thick), (0.9, 0.8 * thick)):
            canvas.draw.line((*base, *tip), fill=_grey(tone * person.skin), width=round(width))
            canvas.draw.circle(tip, width / 2, fill=_grey(tone * person.skin))
    palm = (x - 0.45 * unit, y - 0.12 * unit, x + 0.45 * unit, y + 1.2 * unit)
    canvas.draw.rounded_rectangle(palm, radius=0.2 * unit, fill=_grey(0.88 * person.skin))


def _paint_text(canvas: Canvas, rng: np.random.Generator) -> None:
    """Write illegible letters across the picture, as agencies do with pictures they sell."""
    top, height = rng.uniform(0.1, 0.85) * _SIDE, rng.uniform(10, 18)
    tone = 245 if rng.random() < 0.6 else 20
    x = rng.uniform(-10, 30)
    for width, tall, gap in rng.random((22, 3)).tolist():
        width_px = 3 + 6 * width
        canvas.draw.rectangle((x, top + height * 0.4 * (tall < 0.6), x + 2.5, top + height), fill=tone)
        if tall > 0.3:
            canvas.draw.rectangle((x, top + height * 0.6, x + width_px, top + height * 0.6 + 2.5), fill=tone)
        x += width_px + 3 + 8 * (gap > 0.85)


def _shades(person: Person, activity: Activity) -> list[Shade]:
    """Return the relief of the face: sockets, cheeks, nose, chin; raised and deepened by the action units."""
    eye, nose, mouth = person["eye_distance"], person["nose_length"], person["mouth_height"]
    au = activity
    socket, cheek = -0.12 - 0.08 * au[4] - 0.05 * au[9], 0.05 + 0.1 * au[6] + 0.06 * au[12]
    shades = [
        Shade(0.0, nose - 0.08, 0.12, 0.12, 0.12),
        Shade(0.0, nose + 0.12, 0.2, 0.08, -0.12),
        Shade(0.0, 0.05, 0.07, 0.3, 0.08),
        Shade(0.0, -0.3, 0.14, 0.12, -0.14 * au[4] - 0.12 * au[9]),
        Shade(0.0, 0.5 * (mouth + person["chin"]) + 0.07, 0.22, 0.12, 0.06 + 0.08 * au[15]),
    ]
    for _, side in SIDES:
        shades.append(Shade(side * eye, -0.06, 0.26, 0.17, socket))
        shades.append(Shade(side * (eye + 0.1), 0.36 - 0.08 * au[6], 0.22, 0.16, cheek))
        shades.append(Shade(side * 0.62, 0.62, 0.16, 0.3, -0.05 - 0.04 * person.wrinkles))
    return shades
