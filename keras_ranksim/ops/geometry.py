"""How similar all pairs of samples are, and the way back from slopes there to the features."""

from keras import ops

from keras_ranksim.ops.similarity import unit_rows_and_scale
from keras_ranksim.validation import one_of

# Squared distances below this share of the squared lengths are rounding: they count as 0.
ROUNDING = 1e-6


class CosineGeometry:
    """Samples as unit vectors, similar by the cosine of their angle.

    Args:
        features: Tensor of shape `(M, D)`.

    Attributes:
        points: What the pairs are made of, `(M, D)`.
    """

    def __init__(self, features):
        self.points, self._scale = unit_rows_and_scale(features)

    def similarity(self, chosen):
        """Of some points, `(n, D)`, with all: `(n, M)`."""
        return ops.matmul(chosen, ops.transpose(self.points))

    def pull(self, slope, similarity):
        """How strongly the two points of each pair pull each other, from the slope there."""
        return slope

    def pulled(self, pull, points, others):
        """Where `others`, `(m, D)`, pull `points`, `(n, D)`, with a pull of `(n, m)`."""
        return ops.matmul(pull, others)

    def at_features(self, at_points):
        """The gradient at the features from the gradient at the points."""
        along = ops.sum(at_points * self.points, axis=-1, keepdims=True)
        return (at_points - self.points * along) * self._scale


class EuclideanGeometry:
    """Samples as points in space, similar by minus their distance.

    The distance of a sample from itself, or from an equal one, has the gradient 0.

    Args:
        features: Tensor of shape `(M, D)`.

    Attributes:
        points: What the pairs are made of, `(M, D)`.
    """

    def __init__(self, features):
        # Distances are the same from any origin, and most exact from the middle.
        self.points = features - ops.mean(features, axis=0, keepdims=True)
        self._squares = ops.sum(ops.square(self.points), axis=-1)

    def similarity(self, chosen):
        """Of some points, `(n, D)`, with all: `(n, M)`."""
        lengths = ops.sum(ops.square(chosen), axis=-1)[:, None] + self._squares
        squares = lengths - 2 * ops.matmul(chosen, ops.transpose(self.points))
        apart = squares > ROUNDING * lengths
        return ops.where(apart, -ops.sqrt(ops.where(apart, squares, 1.0)), 0.0)

    def pull(self, slope, similarity):
        """How strongly the two points of each pair pull each other, from the slope there."""
        apart = similarity < 0
        return ops.where(apart, -slope / ops.where(apart, similarity, -1.0), 0.0)

    def pulled(self, pull, points, others):
        """Where `others`, `(m, D)`, pull `points`, `(n, D)`, with a pull of `(n, m)`."""
        return ops.matmul(pull, others) - ops.sum(pull, axis=-1, keepdims=True) * points

    def at_features(self, at_points):
        """The gradient at the features from the gradient at the points."""
        return at_points


GEOMETRIES = {"cosine": CosineGeometry, "euclidean": EuclideanGeometry}


def geometry_of(features, similarity: str) -> CosineGeometry | EuclideanGeometry:
    """The geometry named `"cosine"` or `"euclidean"` of some features.

    Example:

    >>> from keras_ranksim.ops.geometry import geometry_of
    >>> geometry = geometry_of([[0.0, 0.0], [3.0, 4.0]], "euclidean")
    >>> geometry.similarity(geometry.points).numpy()
    array([[ 0., -5.],
           [-5.,  0.]], dtype=float32)
    """
    one_of("similarity", similarity, GEOMETRIES)
    return GEOMETRIES[similarity](ops.convert_to_tensor(features))
