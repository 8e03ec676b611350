"""Compiled parts of scikit-learn follow the indices in a model file without looking: a wild one reads foreign memory. Here they are looked at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lepton_audit import Unopenable

MOST_PARTS = 5_000_000
"""Objects that a model may be made of."""


def require_sound(native: object) -> None:
    """Nothing. Raises: Unopenable where a tree, a boosted tree, a ball tree, a k-d tree or a kernel machine points outside itself."""
    for part, width in _parts(native):
        check = _CHECKS.get(_kind(part))
        try:
            sound = check is None or check(part, width)
        except (AttributeError, KeyError, IndexError, TypeError, ValueError) as error:
            raise _wild(part) from error
        if not sound:
            raise _wild(part)


def _wild(part: object) -> Unopenable:
    return Unopenable(f"a {type(part).__name__} in the file points outside itself", next_step="Never load this file.")


def _parts(native: object) -> Iterator[tuple[object, float]]:
    """All that a model is made of, each with the width of the input that reaches it unchecked."""
    import numpy as np

    waiting: list[tuple[object, float]] = [(native, float("inf"))]
    seen: dict[tuple[int, float], object] = {}
    while waiting:
        part, width = waiting.pop()
        if isinstance(part, _PLAIN) or (id(part), width) in seen:
            continue
        seen[id(part), width] = part
        if len(seen) > MOST_PARTS:
            raise Unopenable(
                f"the model is made of more than {MOST_PARTS} parts", next_step="Audit it behind a prediction endpoint."
            )
        if not isinstance(part, list | tuple | set | dict | np.ndarray):
            width = _width(part, width)
        yield part, width
        waiting.extend((inner, width) for inner in _inside(part))


_PLAIN = (str, bytes, int, float, complex, type(None))


def _inside(part: object) -> Iterator[object]:
    import numpy as np

    if isinstance(part, dict):
        yield from part.values()
    elif isinstance(part, list | tuple | set):
        yield from part
    elif isinstance(part, np.ndarray):
        yield from part.ravel().tolist() if part.dtype.hasobject else ()
    if not isinstance(part, type):
        yield from vars(part).values() if hasattr(part, "__dict__") else ()


def _width(part: object, outer: float) -> float:
    """Ensembles of trees check their input once, and hand it on; everything else checks its own."""
    from sklearn.ensemble._forest import BaseForest
    from sklearn.ensemble._gb import BaseGradientBoosting
    from sklearn.ensemble._hist_gradient_boosting.gradient_boosting import BaseHistGradientBoosting
    from sklearn.tree import BaseDecisionTree

    own = getattr(part, "n_features_in_", None)
    handed_on = BaseForest | BaseGradientBoosting | BaseHistGradientBoosting | BaseDecisionTree
    if _kind(part) in _CHECKS or isinstance(part, handed_on):
        return min(outer, own) if isinstance(own, int) else outer
    return float("inf")


def _kind(part: object) -> str:
    return f"{type(part).__module__}.{type(part).__name__}"


def _tree(part: Any, width: float) -> bool:  # a compiled class
    """Children come after their parent, and inside; features are of the input."""
    import numpy as np

    nodes = part.__getstate__()["nodes"]
    left, right, feature = nodes["left_child"], nodes["right_child"], nodes["feature"]
    here = np.flatnonzero(left != -1)
    sides = [side[here] for side in (left, right)]
    branches = all(((side > here) & (side < len(nodes))).all() for side in sides)
    return bool(
        len(nodes) and branches and ((feature[here] >= 0) & (feature[here] < min(width, part.n_features))).all()
    )


def _boosted_tree(part: Any, width: float) -> bool:  # a class without types
    """The same, of histogram gradient boosting; and its categories lie inside their table."""
    import numpy as np

    nodes = part.nodes
    here = np.flatnonzero(nodes["is_leaf"] == 0)
    sides = [nodes[side][here].astype(np.int64) for side in ("left", "right")]
    branches = all(((side > here) & (side < len(nodes))).all() for side in sides)
    features = nodes["feature_idx"][here].astype(np.int64)
    categories = nodes["bitset_idx"][here][nodes["is_categorical"][here] != 0]
    tables = (part.raw_left_cat_bitsets, part.binned_left_cat_bitsets)
    inside = all(table.ndim == 2 and table.shape[1] == 8 and (categories < len(table)).all() for table in tables)  # noqa: PLR2004  # 256 bits
    return bool(len(nodes) and branches and inside and ((features >= 0) & (features < width)).all())


def _neighbours(part: Any, width: float) -> bool:  # noqa: ARG001  # a compiled class
    """Nodes hold ranges of the points, the index holds each point once, and the node count follows from the levels."""
    import numpy as np

    data, index, nodes, bounds, _, levels, count, *_ = part.__getstate__()
    data, index, nodes, bounds = (np.asarray(array) for array in (data, index, nodes, bounds))
    ranges = (nodes["idx_start"] >= 0) & (nodes["idx_start"] <= nodes["idx_end"]) & (nodes["idx_end"] <= len(data))
    shapes = bounds.shape[1:] == (len(nodes), data.shape[1]) and count == len(nodes) == 2 ** int(levels) - 1
    return bool(shapes and ranges.all() and np.array_equal(np.sort(index), np.arange(len(data))))


def _kernel_machine(part: Any, width: float) -> bool:  # noqa: ARG001  # any estimator
    """Support vectors, coefficients, intercepts and chances are as many as the classes want."""
    if not hasattr(part, "_dual_coef_"):
        return True
    vectors, classes = part._dual_coef_.shape[1], len(part.classes_)  # what the compiled part reads
    pairs = (classes * (classes - 1) // 2,)
    counts, intercepts, chances = part._n_support, part._intercept_, (part._probA, part._probB)  # noqa: SLF001
    return bool(
        part.support_.shape == (vectors,)
        and part.support_vectors_.shape in ((vectors, part.n_features_in_), (0, 0))
        and part._dual_coef_.shape[0] == classes - 1
        and intercepts.shape == pairs
        and all(found.shape in ((0,), pairs) for found in chances)
        and counts.shape == (classes,)
        and (counts >= 0).all()
        and counts.sum() == vectors
    )


def _sparse(part: Any, width: float) -> bool:  # noqa: ARG001  # a class without types
    """Indices lie inside the matrix: scipy says so itself, or raises ValueError."""
    part.check_format(full_check=True)
    return True


def _spline(part: Any, width: float) -> bool:  # noqa: ARG001  # a class without types
    """As many coefficients as the knots want, and the knots in order."""
    import numpy as np

    return bool(part.k >= 0 and len(part.c) >= len(part.t) - part.k - 1 > 0 and (np.diff(part.t) >= 0).all())


_CHECKS = {
    "scipy.interpolate._bsplines.BSpline": _spline,
    "scipy.sparse._csc.csc_array": _sparse,
    "scipy.sparse._csc.csc_matrix": _sparse,
    "scipy.sparse._csr.csr_array": _sparse,
    "scipy.sparse._csr.csr_matrix": _sparse,
    "sklearn.tree._tree.Tree": _tree,
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor": _boosted_tree,
    "sklearn.neighbors._kd_tree.KDTree": _neighbours,
    "sklearn.neighbors._kd_tree.KDTree64": _neighbours,
    "sklearn.neighbors._ball_tree.BallTree": _neighbours,
    "sklearn.neighbors._ball_tree.BallTree64": _neighbours,
    "sklearn.svm._classes.NuSVC": _kernel_machine,
    "sklearn.svm._classes.SVC": _kernel_machine,
}
