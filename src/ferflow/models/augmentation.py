"""How much the faces of a batch are changed before a network sees them."""

from typing import Annotated

from pydantic import Field

from ferflow.schema import NonNegative, Section, Share

Strength = Annotated[float, Field(ge=0, le=1)]


class Augmentation(Section):
    """How much the faces of a batch are changed; 0 leaves a change out."""

    flip: bool = True
    """Mirror half of the faces."""
    rotate: Annotated[float, Field(ge=0, le=180)] = 12.0
    """Largest angle, in degrees, either way."""
    scale: Share = 0.15
    """Largest change of size: 0.15 for factors of 0.85 to 1.15."""
    shift: Share = 0.08
    """Largest shift each way, as a share of the side."""
    brightness: Strength = 0.2
    """Largest change: 0.2 adds up to a fifth of the range of pixels, or multiplies by 0.8 to 1.2."""
    contrast: Strength = 0.2
    """Largest change: 0.2 adds up to a fifth of the range of pixels, or multiplies by 0.8 to 1.2."""
    erase: Strength = 0.5
    """Share of the faces of which a rectangle, 2% to 25% of the picture, is covered (Zhong et al., "Random
    Erasing Data Augmentation", AAAI 2020).
    """
    mixup: NonNegative = 0.0
    """Parameter of the beta distribution of a batch's mixing ratio (Zhang et al., "mixup", ICLR 2018)."""
