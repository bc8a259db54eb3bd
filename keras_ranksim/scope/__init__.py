"""What layers and losses know of a training step: its labels, its views, the other replicas."""

from keras_ranksim.scope.label_scope import label_scope
from keras_ranksim.scope.views import Views

__all__ = ["Views", "label_scope"]
