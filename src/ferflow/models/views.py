"""The views of a face over which a network's predictions are averaged: mirrored, larger, smaller."""

from collections.abc import Sequence

from torch import Tensor
from torch.nn.functional import interpolate, pad


def views(faces: Tensor, *, flip: bool, scales: Sequence[float] = ()) -> list[Tensor]:
    """List the views of faces that a prediction averages, the faces themselves first.

    Averages over mirrored and rescaled images are usual at test time (Simonyan & Zisserman, "Very Deep
    Convolutional Networks for Large-Scale Image Recognition", ICLR 2015, section 3.2); here every view keeps
    the size of the face, so that a network of any kind takes it.

    Parameters
    ----------
    faces : tensor of shape (n, side, side)
        Pixels, 0 to 255.
    flip : bool
        Whether each view is mirrored too.
    scales : sequence of float
        Further sizes, as shares of the face's: 1.08 enlarges it about its middle.

    Returns
    -------
    list of tensor of shape (n, side, side)
    """
    sizes = [faces, *(_rescaled(faces, scale) for scale in scales)]
    return [view for size in sizes for view in ((size, size.flip(2)) if flip else (size,))]


def _rescaled(faces: Tensor, scale: float) -> Tensor:
    """Enlarge faces about their middle, or shrink them and repeat their edge pixels around them."""
    side = faces.shape[2]
    margin = round(side * (scale - 1) / 2)  # alike on each side: a face is not shifted by half a pixel
    size = side + 2 * margin
    resized = interpolate(faces[:, None].float(), size=(size, size), mode="bilinear")
    if margin < 0:
        resized = pad(resized, (-margin, -margin, -margin, -margin), mode="replicate")
        margin = 0
    return resized[:, 0, margin : margin + side, margin : margin + side]
