"""What a training step knows beyond its tensors: labels, other replicas, raw features."""

from keras_ranksim.scope.label_scope import LabelScope, label_scope

__all__ = ["LabelScope", "label_scope"]
