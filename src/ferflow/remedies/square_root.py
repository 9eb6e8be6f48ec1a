"""Square-root sampling: half way, in powers, between the frequencies as they are and all classes alike.

References
----------
Mahajan et al., "Exploring the Limits of Weakly Supervised Pretraining" (ECCV 2018); Kang et al. (ICLR 2020),
equation 1 with q = 1/2.
"""

import numpy as np
from numpy.typing import NDArray

from ferflow.remedies.registry import register_balance
from ferflow.remedies.sampling import draw_by_frequency


@register_balance("square-root", noun="square-root sampling", colour="#332288", marker=">")
def square_root(labels: NDArray[np.str_], *, per_class: int | None, seed: int) -> NDArray[np.intp]:
    """Draw as many samples as there are faces, of each class in proportion to the root of its faces."""
    return draw_by_frequency(labels, power=0.5, total=len(labels), seed=seed)
