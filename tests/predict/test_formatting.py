import json

import pytest
from PIL import Image

from ferflow.predict.annotation import annotate
from ferflow.predict.command import format_of
from ferflow.predict.detector import Box
from ferflow.predict.formatting import as_csv, as_json, as_json_lines, as_table
from ferflow.predict.results import Expression, FramePrediction, Prediction, TrackedExpression, to_frame

CLASSES = ("happy", "sad")
PROBABILITIES = {"happy": 0.25, "sad": 0.75}
FACE = Expression("a.jpg", Box(10.04, 20, 60, 80), 0.9, "sad", PROBABILITIES)
FOUND = Prediction("a.jpg", 100, 90, (FACE,), CLASSES)
EMPTY = Prediction("b.jpg", 100, 90, (), CLASSES)
GIVEN = Prediction("c.jpg", 48, 48, (Expression("c.jpg", None, None, "sad", PROBABILITIES),), CLASSES, "odd")


def test_csv() -> None:
    assert "".join(as_csv([[FOUND, EMPTY], [GIVEN]], EMPTY)).splitlines() == [
        "image,face,left,top,right,bottom,score,label,p_happy,p_sad",
        "a.jpg,0,10,20,60,80,0.9,sad,0.25,0.75",
        "b.jpg,,,,,,,,,",
        "c.jpg,0,,,,,,sad,0.25,0.75",
    ]


def test_where_nothing_is_left_the_header_of_a_csv_is_the_same() -> None:
    frame = FramePrediction("", 1, 1, (), CLASSES, time=0.0)
    for like in (EMPTY, frame):
        header, _ = "".join(as_csv([[like]], like)).splitlines()
        assert "".join(as_csv([], like)) == "".join(as_csv([[]], like)) == f"{header}\n"


def test_numbers_and_lines_of_a_csv_are_for_other_programs() -> None:
    odd = Expression("a.jpg", None, 0.123456789, "sad", {"happy": 0.0001234567, "sad": 0.9998765433})
    text = "".join(as_csv([[Prediction("a.jpg", 48, 48, (odd,), CLASSES)]], EMPTY))
    assert text.endswith("score,label,p_happy,p_sad\na.jpg,0,,,,,0.123457,sad,0.000123457,0.999877\n")


def test_names_keep_their_letters_in_json() -> None:
    named = Prediction("Zoë.jpg", 100, 90, (), CLASSES)
    assert all('"image": "Zoë.jpg"' in "".join(form([[named]])) for form in (as_json, as_json_lines))


def test_numbers_in_json_have_no_more_digits_than_they_are_worth() -> None:
    odd = Expression("a", Box(10.26, 0, 1, 1), 0.123456789, "sad", {"happy": 0.1234567, "sad": 0.8765433})
    (line,) = as_json_lines([[Prediction("a", 48, 48, (odd,), CLASSES)]])
    (face,) = json.loads(line)["faces"]
    assert (face["box"]["left"], face["score"]) == (10.3, 0.123457)
    assert face["probabilities"] == {"happy": 0.123457, "sad": 0.876543}


def test_json() -> None:
    lines = list(as_json_lines([[FOUND, EMPTY], [GIVEN]]))
    box = '{"left": 10.0, "top": 20, "right": 60, "bottom": 80}'
    face = f'{{"box": {box}, "score": 0.9, "label": "sad", "probabilities": {{"happy": 0.25, "sad": 0.75}}}}'
    assert lines[0] == f'{{"image": "a.jpg", "width": 100, "height": 90, "faces": [{face}]}}\n'
    assert lines[1].endswith('"faces": []}\n')
    assert lines[2].endswith('"warning": "odd"}\n')
    assert "".join(as_json([])) == "".join(as_json([[]])) == "[]\n"
    whole = [json.loads(line) for line in lines]
    assert "".join(as_json([[FOUND], [EMPTY, GIVEN]])) == json.dumps(whole, indent=1) + "\n"


def test_a_table_to_look_at() -> None:
    assert "".join(as_table([[FOUND, EMPTY]])).splitlines() == [
        "image  face  box (left, top, width, height)  label          then",
        "a.jpg  0     10, 20, 50, 60                  sad 75%        happy 25%",
        "b.jpg                                        no face found",
    ]
    assert "".join(as_table([[]])) == ""  # all images were skipped


def test_what_no_face_has_is_a_missing_number() -> None:
    kinds = to_frame([GIVEN]).dtypes
    assert {str(kinds[name]) for name in ("left", "top", "right", "bottom", "score")} == {"float64"}


def test_a_table_tells_the_label_and_the_next_two() -> None:
    probabilities = {"angry": 0.1, "fear": 0.04, "happy": 0.2, "sad": 0.66}
    face = Expression("a.jpg", None, None, "sad", probabilities)
    _, row = as_table([[Prediction("a.jpg", 48, 48, (face,), tuple(probabilities))]])
    assert row.split() == ["a.jpg", "0", "sad", "66%", "happy", "20%,", "angry", "10%"]


def test_frames_of_a_video() -> None:
    face = TrackedExpression("v.mp4", Box(10, 20, 60, 80), 0.9, "sad", PROBABILITIES, track=3)
    frames = [FramePrediction("v.mp4", 100, 90, (face,), CLASSES, time=12345.6789)]
    frames += [FramePrediction("v.mp4", 100, 90, (), CLASSES, time=12346.0)]
    assert "".join(as_csv([[frame] for frame in frames], frames[0])).splitlines() == [
        "video,time,track,left,top,right,bottom,score,label,p_happy,p_sad",
        "v.mp4,12345.679,3,10,20,60,80,0.9,sad,0.25,0.75",
        "v.mp4,12346.000,,,,,,,,,",
    ]
    first, _ = as_json_lines([frames])
    assert first.startswith(
        '{"video": "v.mp4", "time": 12345.679, "width": 100, "height": 90, "faces": [{"track": 3'
    )
    assert "".join(as_table([[frame] for frame in frames])).splitlines() == [
        "video  time       track  box (left, top, width, height)  label       then",
        "v.mp4  12345.679  3      10, 20, 50, 60                  sad 75%     happy 25%",
        "v.mp4  12346.000                                         no face found",
    ]


def test_rows_of_a_later_video_stand_below_those_of_the_first() -> None:
    frames = [
        FramePrediction(
            name,
            100,
            90,
            (TrackedExpression(name, Box(10, 20, 60, 80), 0.9, label, PROBABILITIES, track=0),),
            CLASSES,
            time=time,
        )
        for name, time, label in (
            ("a.mp4", 9.5, "sad"),
            ("a.mp4", 10.0, "happy"),
            ("a longer name.mp4", 0.0, "sad"),
        )
    ]
    lines = "".join(as_table([[frame] for frame in frames], ["a.mp4", "a longer name.mp4"])).splitlines()
    heads = ("time", "track", "box", "label", "then")
    columns = [lines[0].index(head) for head in heads]
    assert lines[0].index("time") == len("a longer name.mp4  ")
    for line in lines[1:]:
        assert all(line[at] != " " and line[at - 2 : at] == "  " for at in columns), line


@pytest.mark.parametrize(
    ("out", "form"), [("a.csv", "csv"), ("a.JSONL", "jsonl"), ("a.txt", "csv"), ("-", "csv")]
)
def test_the_suffix_says_the_format(out: str, form: str) -> None:
    assert format_of(out) == form


def test_someone_who_looks_gets_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert (format_of("-"), format_of("a.csv"), format_of("a.txt")) == ("table", "csv", "csv")


def test_boxes_are_drawn_on_a_copy() -> None:
    photo = Image.new("L", (400, 360))
    large = Prediction(
        "a.jpg", 400, 360, (Expression("a", Box(50, 60, 200, 210), 0.9, "sad", PROBABILITIES),), CLASSES
    )
    drawn = annotate(photo, large)
    assert (drawn.mode, drawn.size, photo.getextrema()) == ("RGB", (400, 360), (0, 0))
    assert drawn.getpixel((50, 100)) == (255, 210, 31)
    assert drawn.getpixel((120, 120)) == (0, 0, 0)
    assert annotate(photo, EMPTY).getbbox() is not None


def test_small_faces_are_enlarged_so_that_the_label_can_be_read() -> None:
    assert annotate(Image.new("L", (48, 48)), GIVEN).size == (320, 320)
    outside = Expression("a", Box(-5, 80, 300, 99), 0.9, "sad", PROBABILITIES)
    annotate(Image.new("RGB", (90, 90)), Prediction("a", 90, 90, (outside,), CLASSES))
