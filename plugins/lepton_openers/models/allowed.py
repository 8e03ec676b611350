"""The names that a pickled model may hold, and what the file may do with each.

A rule for whoever adds a name: it must be harmless whatever arguments a hostile file gives it. Nothing that imports, executes, opens files
or gets attributes by name belongs here (``functools.partial``, ``operator.attrgetter``, ``numpy.load``, ``joblib.Memory``, frozen scipy
distributions, whose ``__setstate__`` executes text, ...).
"""

from __future__ import annotations

from typing import Literal

from lepton_openers.models.allowed_estimators import ESTIMATORS

Use = Literal["made", "called", "named"]
"""``made``: created empty, then filled. ``called``: also called with arguments. ``named``: stands as a value, never called by the file."""

PARTS = {
    "builtins": "object",
    "scipy.interpolate._bsplines": "BSpline",
    "scipy.sparse._csc": "csc_array csc_matrix",
    "scipy.sparse._csr": "csr_array csr_matrix",
    "sklearn._loss.link": "HalfLogitLink IdentityLink Interval LogLink LogitLink MultinomialLogit",
    "sklearn._loss.loss": "AbsoluteError ExponentialLoss HalfBinomialLoss HalfGammaLoss HalfMultinomialLoss HalfPoissonLoss "
    "HalfSquaredError HalfTweedieLoss HalfTweedieLossIdentity HuberLoss PinballLoss",
    "sklearn.calibration": "_CalibratedClassifier _SigmoidCalibration",
    "sklearn.cluster._birch": "_CFNode _CFSubcluster",
    "sklearn.cluster._bisect_k_means": "_BisectingTree",
    "sklearn.ensemble._hist_gradient_boosting.binning": "_BinMapper",
    "sklearn.ensemble._hist_gradient_boosting.predictor": "TreePredictor",
    "sklearn.gaussian_process._gpc": "_BinaryGaussianProcessClassifierLaplace",
    "sklearn.gaussian_process.kernels": "CompoundKernel ConstantKernel DotProduct ExpSineSquared Exponentiation Matern PairwiseKernel "
    "Product RBF RationalQuadratic Sum WhiteKernel",
    "sklearn.metrics._scorer": "_CurveScorer _PassthroughScorer _Scorer",
    "sklearn.multiclass": "_ConstantPredictor",
    "sklearn.neural_network._stochastic_optimizers": "AdamOptimizer SGDOptimizer",
    "sklearn.utils._bunch": "Bunch",
    "sklearn.utils._metadata_requests": "MetadataRequest MethodMetadataRequest",
}
CALLED = {
    "_codecs": "encode",
    "builtins": "bytes complex frozenset set slice",
    "collections": "OrderedDict defaultdict",
    "copyreg": "_reconstructor",
    "numpy": "dtype",
    "numpy._core.multiarray": "_reconstruct scalar",
    "numpy._core.numeric": "_frombuffer",
    "numpy.ma.core": "_mareconstruct",
    "numpy.random._pickle": "__bit_generator_ctor __generator_ctor __randomstate_ctor",
    "numpy.random.bit_generator": "__pyx_unpickle_SeedSequence",
    "sklearn._loss._loss": "CyAbsoluteError CyExponentialLoss CyHalfBinomialLoss CyHalfGammaLoss CyHalfPoissonLoss CyHalfSquaredError "
    "CyHalfTweedieLoss CyHalfTweedieLossIdentity CyHuberLoss CyPinballLoss __pyx_unpickle_CyHalfMultinomialLoss",
    "sklearn.linear_model._sgd_fast": "EpsilonInsensitive Hinge ModifiedHuber SquaredEpsilonInsensitive SquaredHinge",
    "sklearn.metrics._dist_metrics": "newObj",
    "sklearn.neighbors._ball_tree": "newObj",
    "sklearn.neighbors._kd_tree": "newObj",
    "sklearn.tree._tree": "Tree",
}
_METRICS = (
    "BrayCurtis Canberra Chebyshev Dice Euclidean Hamming Haversine Jaccard Mahalanobis Manhattan Minkowski RogersTanimoto RussellRao "
    "SEuclidean SokalMichener SokalSneath"
)
NAMED = {
    "builtins": "bool complex float int str",
    "numpy": "bool bool_ exp expm1 float16 float32 float64 int16 int32 int64 int8 log log10 log1p log2 mean median ndarray sqrt square "
    "str_ uint16 uint32 uint64 uint8",
    "numpy.ma": "MaskedArray",
    "numpy.random._mt19937": "MT19937",
    "numpy.random._pcg64": "PCG64 PCG64DXSM",
    "numpy.random._philox": "Philox",
    "numpy.random._sfc64": "SFC64",
    "numpy.random.bit_generator": "SeedSequence",
    "scipy._lib.array_api_compat.numpy._aliases": "asarray",
    "sklearn._loss._loss": "CyHalfMultinomialLoss",
    "sklearn.cluster._kmeans": "_kmeans_single_elkan _kmeans_single_lloyd",
    "sklearn.feature_selection._mutual_info": "mutual_info_classif mutual_info_regression",
    "sklearn.feature_selection._univariate_selection": "chi2 f_classif f_regression r_regression",
    "sklearn.metrics._classification": "accuracy_score balanced_accuracy_score brier_score_loss cohen_kappa_score f1_score fbeta_score "
    "jaccard_score log_loss matthews_corrcoef precision_score recall_score",
    "sklearn.metrics._ranking": "average_precision_score roc_auc_score",
    "sklearn.metrics._dist_metrics": " ".join(
        f"{name}Distance{bits}" for name in _METRICS.split() for bits in (32, 64)
    ),
    "sklearn.neighbors._ball_tree": "BallTree BallTree32 BallTree64",
    "sklearn.neighbors._kd_tree": "KDTree KDTree32 KDTree64",
}

_MODULES = {
    "__builtin__": "builtins",
    "copy_reg": "copyreg",
    "_loss": "sklearn._loss._loss",
    "_sgd_fast": "sklearn.linear_model._sgd_fast",
}
_NAMES = {("numpy", "memmap"): "ndarray", ("numpy", "bool_"): "bool"}


def canonical(module: str, name: str) -> tuple[str, str]:
    """The name under which the list knows what older or newer versions wrote otherwise."""
    if module.startswith("numpy.core."):
        module = "numpy._core." + module.removeprefix("numpy.core.")
    module = _MODULES.get(module, module)
    if module == "numpy.ma.core" and name == "MaskedArray":
        module = "numpy.ma"
    return module, _NAMES.get((module, name), name)


def use_of(module: str, name: str) -> Use | None:
    """What a file may do with a canonical name; ``None``: it may not hold it at all."""
    for use, table in _TABLES:
        if name in table.get(module, "").split():
            return use
    return None


_TABLES: tuple[tuple[Use, dict[str, str]], ...] = (
    ("called", CALLED),
    ("made", ESTIMATORS),
    ("made", PARTS),
    ("named", NAMED),
)
