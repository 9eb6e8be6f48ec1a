"""Sample faces: a drawn data set in the shape of FER-2013, for all who do not have the real one at hand.

Each face is a sketch of a :mod:`~ferflow.sample.person` whose facial muscles move as EMFACS says of the
expression (:mod:`~ferflow.sample.expressions`, :mod:`~ferflow.sample.anatomy`), under a pose, a light and a
:mod:`~ferflow.sample.camera` of its own. The drawings are no substitute for people: figures measured on them
say that the workflow works, and nothing about how well a model reads real faces.
"""

from ferflow.sample.dataset import SampleFace, plan_sample, render, write_archive
from ferflow.sample.drawing import draw_face

__all__ = ["SampleFace", "draw_face", "plan_sample", "render", "write_archive"]
