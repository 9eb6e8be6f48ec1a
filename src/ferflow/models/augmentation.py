"""How much the faces of a batch are changed before a network sees them."""

from typing import Annotated

from pydantic import Field

from ferflow.schema import NonNegative, Section, Share

Strength = Annotated[float, Field(ge=0, le=1)]


class Augmentation(Section):
    """How much the faces of a batch are changed; 0 leaves a change out.

    Attributes
    ----------
    flip : bool
        Mirror half of the faces.
    rotate : float
        Largest angle, in degrees, either way.
    scale : float
        Largest change of size: 0.15 for factors of 0.85 to 1.15.
    shift : float
        Largest shift each way, as a share of the side.
    brightness, contrast : float
        Largest change: 0.2 adds up to a fifth of the range of pixels, or multiplies by 0.8 to 1.2.
    erase : float
        Share of the faces of which a rectangle, 2% to 25% of the picture, is covered (Zhong et al., "Random
        Erasing Data Augmentation", AAAI 2020).
    mixup : float
        Parameter of the beta distribution of a batch's mixing ratio (Zhang et al., "mixup", ICLR 2018).
    """

    flip: bool = True
    rotate: Annotated[float, Field(ge=0, le=180)] = 12.0
    scale: Share = 0.15
    shift: Share = 0.08
    brightness: Strength = 0.2
    contrast: Strength = 0.2
    erase: Strength = 0.5
    mixup: NonNegative = 0.0
