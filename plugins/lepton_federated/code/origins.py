"""Which library calls load rows, give parameters, keep what they get, or give single figures.

Known limits: names of common libraries; what isn't named here has an unknown origin.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from lepton_federated.code.values import ROWS, Constant, Origin, Origins, Value, origins

LOADERS = re.compile(
    r"(?:pandas|polars|dask\.dataframe|pyarrow\.\w+)\.(?:read_\w+|scan_\w+)"
    r"|numpy\.(?:load|loadtxt|genfromtxt|fromfile|memmap)"
    r"|sklearn\.datasets\.(?:load|fetch)_\w+"
    r"|datasets\.load_(?:dataset|from_disk)"
    r"|csv\.(?:reader|DictReader)"
    r"|torchvision\.datasets\.\w+"
    r"|(?:keras|tensorflow\.keras)\.datasets\.\w+\.load_data"
)
READING_METHODS = frozenset({"load_partition", "load_split", "fetchall", "fetchone", "fetchmany"})
_WEIGHTS = re.compile(r"weight|model|param|checkpoint|ckpt", re.IGNORECASE)

KEEPING = re.compile(
    r"numpy\.(?:array|asarray|ascontiguousarray|frombuffer|concatenate|stack|vstack|hstack|column_stack|copy|reshape|ravel|squeeze|expand_dims|split|array_split"
    r"|float32|float64|nan_to_num|c_|exp|tanh|log|log1p|sqrt|square|clip|maximum|minimum|sign|multiply|add|subtract|divide|negative)"
    r"|torch\.(?:tensor|from_numpy|as_tensor|stack|cat|Tensor|FloatTensor)|torch\.utils\.data\.\w+"
    r"|tensorflow\.(?:constant|convert_to_tensor|data\.Dataset\.\w+)"
    r"|pandas\.(?:DataFrame|Series|concat|get_dummies|merge)"
    r"|json\.(?:dumps|loads)|pickle\.(?:dumps|loads)|marshal\.dumps|msgpack\.packb|base64\.\w+|zlib\.compress|gzip\.compress|bz2\.compress"
    r"|copy\.(?:copy|deepcopy)|collections\.OrderedDict|io\.(?:BytesIO|StringIO)"
    r"|sklearn\.model_selection\.train_test_split|sklearn\.utils\.shuffle"
    r"|list|tuple|dict|set|sorted|zip|enumerate|reversed|iter|next|str|bytes|bytearray|repr|map|filter"
    r"|flwr\.(?:\w+\.)*(?:ArrayRecord|Array|MetricRecord|ConfigRecord|RecordDict|ndarrays_to_parameters|ndarray_to_bytes|NumPyRecord)"
)
PRODUCTS = frozenset({"dot", "matmul", "mm", "__matmul__"})
PRODUCTS_OF_TWO = re.compile(r"(?:numpy|torch|jax\.numpy)\.(?:dot|matmul|mm)")
FIGURES = re.compile(
    r"len|float|int|bool|round|abs|range|min|max|sum|any|all|hash|id|print|isinstance|hasattr|time\.\w+|datetime\..*|uuid\.\w+|sklearn\.metrics\.\w+"
    r"|numpy\.(?:mean|sum|std|var|median|min|max|shape|size|zeros|ones|eye|identity|full|arange|linspace|count_nonzero)|os\.getpid|platform\.\w+|socket\.gethostname"
)
FIGURE_METHODS = frozenset(
    {
        "item",
        "mean",
        "sum",
        "std",
        "var",
        "min",
        "max",
        "count",
        "nunique",
        "score",
        "size",
        "shape",
        "__len__",
        "index",
    }
)
FIGURE_ATTRIBUTES = frozenset(
    {"shape", "size", "ndim", "dtype", "columns", "nbytes", "itemsize", "feature_names", "target_names"}
)
PARAMETER_METHODS = frozenset(
    {
        "state_dict",
        "parameters",
        "named_parameters",
        "get_weights",
        "get_parameters",
        "save_raw",
        "dump_model",
        "get_dump",
        "trainable_variables",
    }
)
PARAMETER_ATTRIBUTES = frozenset(
    {
        "coef_",
        "intercept_",
        "weights",
        "trainable_weights",
        "trainable_variables",
        "feature_log_prob_",
        "class_log_prior_",
        "theta_",
        "coefs_",
        "intercepts_",
        "cluster_centers_",
    }
)
TRANSFORMS = frozenset({"transform", "fit_transform", "inverse_transform"})


def of_call(name: str, args: Iterable[Value]) -> Origins:
    """Where the answer of a library's function comes from."""
    given = list(args)
    if PRODUCTS_OF_TWO.fullmatch(name) and len(given) == 2:  # noqa: PLR2004  # a product of two
        return of_product(origins(given[0]), origins(given[1]))
    if name == "numpy.transpose" and given:
        return transposed(origins(given[0]))
    if LOADERS.fullmatch(name):
        paths = [atom.value for value in given[:1] for atom in value if isinstance(atom, Constant)]
        return _only(Origin.UNKNOWN if any(_WEIGHTS.search(str(path)) for path in paths) else Origin.RAW)
    if KEEPING.fullmatch(name):
        return frozenset().union(*map(origins, given)) or _only(Origin.NEUTRAL)
    return _only(Origin.NEUTRAL if FIGURES.fullmatch(name) else Origin.UNKNOWN)


def of_method(name: str, receiver: Origins, args: Iterable[Value]) -> Origins:
    """Where the answer of a method comes from."""
    if name in FIGURE_METHODS:
        return _only(Origin.NEUTRAL)
    if name in READING_METHODS:
        return _only(Origin.RAW)
    if name in PRODUCTS:
        return of_product(receiver, frozenset().union(*map(origins, args)))
    if name in TRANSFORMS and not receiver & ROWS:
        return frozenset().union(*map(origins, args)) or _only(Origin.UNKNOWN)
    if name in PARAMETER_METHODS and not receiver & ROWS:
        return _only(Origin.PARAMETERS)
    return receiver


def of_attribute(name: str, receiver: Origins) -> Origins:
    """Where an attribute comes from."""
    if name == "T":
        return transposed(receiver)
    if name in PARAMETER_ATTRIBUTES:
        return _only(Origin.PARAMETERS)
    return _only(Origin.NEUTRAL) if name in FIGURE_ATTRIBUTES else receiver


def transposed(origins_: Origins) -> Origins:
    """Rows become columns, and columns rows."""
    turned = {Origin.RAW: Origin.COLUMNS, Origin.COLUMNS: Origin.RAW}
    return frozenset(turned.get(origin, origin) for origin in origins_)


def of_product(left: Origins, right: Origins) -> Origins:
    """Where a matrix product comes from.

    Rows times parameters give one value per row; the transposed rows times such values sum over all rows, as a gradient does.
    """
    one, other = left - {Origin.NEUTRAL}, right - {Origin.NEUTRAL}
    if one == {Origin.RAW} and other == {Origin.PARAMETERS}:
        return _only(Origin.DERIVED)
    if one == {Origin.COLUMNS} and other == {Origin.DERIVED}:
        return _only(Origin.PARAMETERS)
    return one or _only(Origin.NEUTRAL) if one == other == {Origin.PARAMETERS} else _only(Origin.UNKNOWN)


def of_arithmetic(left: Origins, right: Origins) -> Origins:
    """Where a sum, or a product element by element, comes from: a mix of rows and parameters is unknown."""
    both = (left | right) - {Origin.NEUTRAL}
    if both == {Origin.DERIVED, Origin.RAW}:
        return _only(Origin.DERIVED)
    return (both if len(both) == 1 else _only(Origin.UNKNOWN)) if both else _only(Origin.NEUTRAL)


def _only(origin: Origin) -> Origins:
    return frozenset((origin,))
