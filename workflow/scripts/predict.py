"""Predict the expressions of unlabelled faces with a trained model: a CSV ``id,label``.

Faces are a folder or an archive of images (id: the path inside it), or a CSV with a column ``pixels`` (id:
its column ``id``, else the row, counted from 0). Any model will do that a training left in
results/experiments/<experiment>/<seed>/model.safetensors, wherever it has been moved since.
"""

import argparse
from pathlib import Path

from ferflow.errors import InputError
from ferflow.files import write_text
from ferflow.models import load_model
from ferflow.prediction import named_probabilities, submission
from ferflow.sources.unlabelled import read_unlabelled
from ferflow.stage import run


def main() -> None:
    """Read the faces at the size that the model was trained on, predict, and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path, help="a trained model (.safetensors)")
    parser.add_argument("faces", type=Path, help="a folder, an archive of images, or a CSV")
    parser.add_argument("out", type=Path, help="the CSV to write")
    parser.add_argument("--probabilities", action="store_true", help="add a column p_<class> for each class")
    args = parser.parse_args()
    if args.out.resolve() in (args.faces.resolve(), args.model.resolve()):
        raise InputError(f"{args.out}: the predictions would overwrite what they are made from; name another")

    model = load_model(args.model)
    if model.image_side_ is None:
        raise InputError(
            f"{args.model}: its {model.n_features_in_} features are no square face; train it on faces"
        )
    faces = read_unlabelled(args.faces, model.image_side_)
    X = faces.pixels.reshape(len(faces.pixels), -1)
    table = submission(
        faces.ids,
        named_probabilities(model, X),
        model.class_names_,
        with_probabilities=args.probabilities,
    )
    write_text(args.out, table.to_csv(index=False, float_format="%.6f", lineterminator="\n"))
    print(f"{args.out}: {len(table):,} predictions of {', '.join(model.class_names_)}")


if __name__ == "__main__":
    run(main)
