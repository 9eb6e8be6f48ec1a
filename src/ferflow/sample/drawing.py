"""Draw one face: a grey sketch of a person whose muscles show an expression."""

import numpy as np
from numpy.typing import NDArray

from ferflow.sample.anatomy import SIDES, Sketch, crease_depths, place
from ferflow.sample.appearance import OPTIONAL, dress
from ferflow.sample.camera import OVERSAMPLING, SIZE, Shade, draw_pose, expose, project
from ferflow.sample.canvas import Canvas
from ferflow.sample.exact import bell, between, power
from ferflow.sample.expressions import Activity, act
from ferflow.sample.person import Person, draw_person

_SIDE = SIZE * OVERSAMPLING


class Sheet(Canvas):
    """The oversampled picture, on which a head's curves are painted by name.

    To paint one that this head lacks does nothing, as not everybody has a beard.

    Parameters
    ----------
    curves : dict of str to float64 array of shape (n, 2)
        Projected curves.
    background : float
        Grey level, 0 to 255.
    unit : float
        Pixels per unit of head coordinates, in which the widths of strokes are given.
    """

    def __init__(self, curves: Sketch, background: float, unit: float):
        super().__init__(_SIDE, background)
        self.curves, self.unit = curves, unit

    def fill_part(self, name: str, tone: float) -> None:
        """Fill a closed outline.

        Parameters
        ----------
        name : str
            Of the curve.
        tone : float
            Grey level.

        Raises
        ------
        KeyError
            If no head has such a curve.
        """
        if self._has(name):
            self.fill(self.curves[name], tone)

    def stroke_part(self, name: str, tone: float, width: float) -> None:
        """Draw an open curve.

        Parameters
        ----------
        name : str
            Of the curve.
        tone : float
            Grey level.
        width : float
            In units of head coordinates.

        Raises
        ------
        KeyError
            If no head has such a curve.
        """
        if self._has(name):
            self.stroke(self.curves[name], tone, width * self.unit)

    def _has(self, name: str) -> bool:
        if name not in self.curves and name not in OPTIONAL:
            raise KeyError(f"no part of a head is called '{name}'")
        return name in self.curves


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
    uint8 array of shape (48, 48)

    Raises
    ------
    KeyError
        If ``expression`` is not one of EMFACS's.
    """
    person, activity, pose = draw_person(rng), act(expression, rng), draw_pose(rng)
    face, shades = place(person, activity), _shades(person, activity)
    places = np.array([(shade.x, shade.y) for shade in shades])
    curves = project(dress(person, face) | face | {"shades": places}, pose)
    canvas = Sheet(curves, background=between(rng, 15, 235), unit=OVERSAMPLING * pose.scale)
    _paint_background(canvas, rng)
    _paint_head(canvas, person, rng)
    _paint_creases(canvas, person, activity)
    _paint_beard(canvas, person)
    _paint_features(canvas, person, activity)
    _paint_glasses(canvas, person, rng)
    if rng.random() < 0.2:
        _occlude(canvas, person, rng)
    return expose(canvas.paint(), curves, shades, pose, rng)


def _paint_background(canvas: Sheet, rng: np.random.Generator) -> None:
    """Put a few large things behind the person: a door, a window, a lamp."""
    for _ in range(int(rng.integers(0, 4))):
        x, y, width, height = (rng.random(4) * _SIDE).tolist()
        tone = between(rng, 10, 245)
        if rng.random() < 0.6:
            canvas.rectangle(x - width / 2, y - height / 2, x + width / 2, y + height / 2, tone)
        else:
            canvas.circle(x, y, width / 2, tone)


def _paint_head(canvas: Sheet, person: Person, rng: np.random.Generator) -> None:
    skin = person.skin
    cover = between(rng, 40, 220) if person.hair_style == "scarf" else person.hair
    canvas.fill_part("hair_back", 0.85 * cover)
    canvas.fill_part("neck", 0.72 * skin)
    canvas.fill_part("clothes", between(rng, 20, 230))
    for name, _ in SIDES:
        canvas.fill_part(f"{name}_ear", 0.86 * skin)
    canvas.fill_part("head", skin)
    canvas.fill_part("hair_front", cover)


def _paint_creases(canvas: Sheet, person: Person, activity: Activity) -> None:
    depths = crease_depths(person, activity)
    for name, _ in SIDES:
        for crease, width in (("nasolabial", 0.05), ("bag", 0.04), ("frown", 0.045)):
            if depths[crease] > 0.1:
                canvas.stroke_part(f"{name}_{crease}", person.skin * (1 - 0.34 * depths[crease]), width)
        for crease, width in (("crow", 0.03), ("snarl", 0.04)):
            if depths[crease] > 0.15:
                tone = person.skin * (1 - 0.4 * depths[crease])
                canvas.dashes(canvas.curves[f"{name}_{crease}"], tone, width * canvas.unit)
        canvas.stroke_part(f"{name}_bridge", 0.9 * person.skin, 0.035)
    if depths["forehead"] > 0.15 and person.hair_style != "fringe":
        for line in ("forehead", "forehead_high"):
            canvas.stroke_part(line, person.skin * (1 - 0.25 * depths["forehead"]), 0.035)
    canvas.stroke_part("under_lip", person.skin * (1 - 0.22 * depths["chin"]), 0.05)


def _paint_beard(canvas: Sheet, person: Person) -> None:
    weight = 0.28 if person.beard == "stubble" else 0.8
    tone = (1 - weight) * person.skin + weight * person.hair
    canvas.fill_part("beard", tone)
    canvas.fill_part("moustache", tone)


def _paint_features(canvas: Sheet, person: Person, activity: Activity) -> None:
    skin, line = person.skin, 0.26 * person.skin
    make_up = 1.0 if person.woman and person.age > 16 else 0.0
    for name, _ in SIDES:
        canvas.stroke_part(f"{name}_crease", (0.8 - 0.08 * person["lid_crease"]) * skin, 0.03)
        canvas.fill_part(f"{name}_eye", min(250.0, 0.55 * skin + 118))
        canvas.fill_part(f"{name}_iris", 0.2 * skin + 28)
        canvas.fill_part(f"{name}_pupil", 12)
        canvas.stroke_part(f"{name}_lower_lid", (0.68 - 0.12 * make_up) * skin, 0.025)
        canvas.stroke_part(f"{name}_upper_lid", line * (1 - 0.5 * make_up), 0.045 + 0.018 * make_up)
        canvas.fill_part(f"{name}_brow", min(0.62 * skin, 0.85 * person.hair + 6))
        canvas.stroke_part(f"{name}_wing", 0.66 * skin, 0.035)
        canvas.fill_part(f"{name}_nostril", 0.3 * skin)
    canvas.stroke_part("nose_base", 0.72 * skin, 0.035)
    canvas.fill_part("lips", (0.7 - 0.14 * make_up) * skin)
    if activity[25] > 0.15 or activity[26] > 0.1:
        canvas.fill_part("mouth_opening", 0.12 * skin + 8)
        canvas.fill_part("teeth", 225)
    canvas.stroke_part("mouth_line", 0.3 * skin, 0.035)


def _paint_glasses(canvas: Sheet, person: Person, rng: np.random.Generator) -> None:
    frame = between(rng, 15, 110)
    for name, _ in SIDES:
        if person.glasses == "dark":
            canvas.fill_part(f"{name}_lens", 30)
        if person.glasses != "none":
            canvas.loop(canvas.curves[f"{name}_lens"], frame, 0.045 * canvas.unit)
        canvas.stroke_part(f"{name}_temple", frame, 0.045)
    canvas.stroke_part("glasses_bridge", frame, 0.045)


def _occlude(canvas: Sheet, person: Person, rng: np.random.Generator) -> None:
    """Hide a part: a hand at the cheek or the chin, a strand of hair, or a line of text."""
    kind = rng.choice(("hand", "strand", "text"), p=(0.4, 0.3, 0.3))
    if kind == "hand":
        _paint_hand(canvas, person, rng)
    elif kind == "strand":
        _paint_strand(canvas, person, rng)
    else:
        _paint_text(canvas, rng)


def _paint_strand(canvas: Sheet, person: Person, rng: np.random.Generator) -> None:
    """Let hair hang into the face: a few locks that part from one point and curl aside."""
    start, end = between(rng, 0.2 * _SIDE, 0.8 * _SIDE, 2)
    low, curl = between(rng, 0.45 * _SIDE, 0.8 * _SIDE), 0.25 * _SIDE * float(bell(rng))
    t = np.linspace(0.0, 1.0, 9)
    for spread in between(rng, -0.08, 0.08, 4):
        x = start + (end - start + spread * _SIDE) * t + curl * t * (1 - t)
        lock = np.stack([x, low * power(t, 1 + 4 * abs(spread))], axis=1)
        canvas.stroke(lock, person.hair * (1 + 2 * spread), int(rng.integers(3, 8)))


def _paint_hand(canvas: Sheet, person: Person, rng: np.random.Generator) -> None:
    unit = canvas.unit
    side = -1.0 if rng.random() < 0.5 else 1.0
    x = _SIDE / 2 + side * between(rng, 0.45, 1.0) * unit
    y = _SIDE / 2 + between(rng, 0.75, 1.4) * unit
    thick = 0.2 * unit
    for finger in range(4):
        lean = side * (-0.55 + 0.3 * finger) * 0.5
        length = (0.62, 0.74, 0.7, 0.55)[finger] * unit
        base = (x + side * (finger - 1.5) * 0.19 * unit, y)
        tip = (base[0] + lean * length, base[1] - length)
        for tone, width in ((0.6, thick), (0.9, 0.8 * thick)):
            canvas.stroke([base, tip], tone * person.skin, width)
            canvas.circle(*tip, width / 2, tone * person.skin)
    half, corner, top, bottom = 0.45 * unit, 0.1 * unit, y - 0.12 * unit, y + 1.2 * unit
    palm = [(x - half, bottom), (x - half, top + corner), (x - half + corner, top)]
    palm += [(x + half - corner, top), (x + half, top + corner), (x + half, bottom)]
    canvas.fill(palm, 0.88 * person.skin)


def _paint_text(canvas: Sheet, rng: np.random.Generator) -> None:
    """Write illegible letters across the picture, as agencies do with pictures they sell."""
    top, height = between(rng, 0.1 * _SIDE, 0.85 * _SIDE), between(rng, 10, 18)
    tone = 245 if rng.random() < 0.6 else 20
    x = between(rng, -10, 30)
    for width, tall, gap in rng.random((22, 3)).tolist():
        wide = 3 + 6 * width
        canvas.rectangle(x, top + height * 0.4 * (tall < 0.6), x + 3.5, top + height + 1, tone)
        if tall > 0.3:
            canvas.rectangle(x, top + height * 0.6, x + wide, top + height * 0.6 + 3.5, tone)
        x += wide + 3 + 8 * (gap > 0.85)


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
