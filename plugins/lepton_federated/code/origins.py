"""Which library calls load rows, give parameters, keep what they get, or give single figures.

A cast keeps the origin of what it casts, and so do minimum and maximum: they are one person's value. A sum or a mean is a figure where it is
taken once over whole columns; in a loop, per group or per row it isn't.
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
    r"numpy\.(?:array|asarray|ascontiguousarray|frombuffer|concatenate|stack|vstack|hstack|column_stack|copy|reshape|ravel|squeeze|expand_dims|split|array_split|full|full_like|round|around|floor|ceil|rint|abs|absolute|max|min|amax|amin|sort|unique|int_?\d*|bool_?|str_|median|percentile|quantile"
    r"|float32|float64|nan_to_num|c_|exp|tanh|log|log1p|sqrt|square|clip|maximum|minimum|sign|multiply|add|subtract|divide|negative)"
    r"|torch\.(?:tensor|from_numpy|as_tensor|stack|cat|Tensor|FloatTensor)|torch\.utils\.data\.\w+"
    r"|tensorflow\.(?:constant|convert_to_tensor|data\.Dataset\.\w+)"
    r"|pandas\.(?:DataFrame|Series|concat|get_dummies|merge)"
    r"|json\.(?:dumps|loads)|pickle\.(?:dumps|loads)|marshal\.dumps|msgpack\.packb|base64\.\w+|zlib\.compress|gzip\.compress|bz2\.compress"
    r"|copy\.(?:copy|deepcopy)|collections\.OrderedDict|io\.(?:BytesIO|StringIO)"
    r"|sklearn\.model_selection\.train_test_split|sklearn\.utils\.shuffle"
    r"|list|tuple|dict|set|frozenset|float|int|bool|complex|round|abs|hash|max|min|datetime\..*|time\.\w+|uuid\.\w+|hex|oct|bin|ord|chr|ascii|format|memoryview|sorted|zip|enumerate|reversed|iter|next|str|bytes|bytearray|repr|map|filter"
    r"|flwr\.(?:\w+\.)*(?:ArrayRecord|Array|MetricRecord|ConfigRecord|RecordDict|ndarrays_to_parameters|ndarray_to_bytes|NumPyRecord)"
)
PRODUCTS = frozenset({"dot", "matmul", "mm", "__matmul__"})
PRODUCTS_OF_TWO = re.compile(r"(?:numpy|torch|jax\.numpy)\.(?:dot|matmul|mm)")
FIGURES = re.compile(
    r"len|range|id|print|isinstance|hasattr|sklearn\.metrics\.(?!pairwise|\w*samples)\w+"
    r"|numpy\.(?:shape|size|zeros|ones|eye|identity|arange|linspace|random\.\w+)|os\.getpid|platform\.\w+|socket\.gethostname"
    r"|torch\.(?:zeros|ones|randn?|manual_seed|device|no_grad|cuda\.is_available)"
)
REDUCTIONS = re.compile(
    r"sum|any|all|math\.fsum|statistics\.f?mean|(?:numpy|torch)\.(?:mean|average|sum|nansum|nanmean|std|var|count_nonzero|any|all)"
)
REDUCING = frozenset({"mean", "sum", "std", "var", "any", "all"})
"""Methods that make one figure of a whole column."""
LOSSES = re.compile(r"torch\.nn\.\w*Loss")
LOSS_FUNCTIONS = re.compile(r"torch\.nn\.functional\.(?:\w*_loss|(?:binary_)?cross_entropy\w*|kl_div)")
COUNTS = frozenset({"count", "size", "nunique", "shape"})
PICKING = frozenset(
    {"head", "tail", "sample", "query", "nlargest", "nsmallest", "take", "where", "filter", "xs", "popitem"}
)
GROUPING = frozenset(
    {"groupby", "group_by", "resample", "rolling", "expanding", "ewm", "pivot_table", "pivot", "crosstab"}
)
FIGURE_METHODS = frozenset(
    {
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


def of_call(  # noqa: PLR0911  # one answer for each kind of function
    name: str, args: Iterable[Value], axis: Value | None = None, *, repeated: bool = False
) -> Origins:
    """Where the answer of a library's function comes from. ``repeated``: it is called in a loop."""
    given = list(args)
    if REDUCTIONS.fullmatch(name):
        of = frozenset().union(*map(origins, given[:1]))
        across = name in {"sum", "math.fsum"} and Origin.COLUMNS in of
        return _only(Origin.GROUPS) if across else reduced(of, axis, repeated=repeated)
    if LOSS_FUNCTIONS.fullmatch(name):
        return reduced(frozenset((Origin.DERIVED,)), None, repeated=repeated)
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


def reduced(of: Origins, axis: Value | None, *, repeated: bool) -> Origins:
    """Where a sum or a mean comes from: a figure if it is taken once, over all rows."""
    held = of - {Origin.NEUTRAL, Origin.PARAMETERS}
    if not held:
        return of or _only(Origin.NEUTRAL)
    whole = axis is None or axis <= {Constant(0, "int"), Constant(None, "NoneType"), Constant("index", "str")}
    if not whole or held & {Origin.GROUPS, Origin.SOME} or (axis is not None and Origin.COLUMNS in held):
        return _only(Origin.GROUPS)
    if repeated:
        return _only(Origin.UNKNOWN if Origin.UNKNOWN in held else Origin.PARTIAL)
    return _only(Origin.NEUTRAL)


def of_method(  # noqa: PLR0911  # one answer for each kind of method
    name: str, receiver: Origins, args: Iterable[Value], axis: Value | None = None, *, repeated: bool = False
) -> Origins:
    """Where the answer of a method comes from. ``repeated``: it is called in a loop."""
    if name in REDUCING:
        return reduced(receiver, axis, repeated=repeated)
    if receiver & ROWS and name in GROUPING:
        return _only(Origin.GROUPS)
    if receiver & ROWS and name in PICKING:
        return picked(receiver)
    if name in COUNTS and Origin.GROUPS in receiver:
        return receiver
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
    turned = {Origin.RAW: Origin.COLUMNS, Origin.COLUMNS: Origin.RAW, Origin.SOME: Origin.COLUMNS}
    return frozenset(turned.get(origin, origin) for origin in origins_)


def picked(origins_: Origins) -> Origins:
    """Some of the rows."""
    return frozenset(Origin.SOME if origin in ROWS else origin for origin in origins_)


def compared(origins_: Origins) -> Origins:
    """Where the answers of a comparison come from: of rows, one for each."""
    return _only(Origin.DERIVED if origins_ & (ROWS | {Origin.DERIVED}) else Origin.NEUTRAL)


def summed_up(before: Origins, more: Origins) -> bool:
    """A figure of some rows is added to a running total, which is a figure of them all."""
    return (
        before <= {Origin.NEUTRAL, Origin.PARTIAL}
        and Origin.PARTIAL in more
        and more <= {Origin.NEUTRAL, Origin.PARTIAL}
    )


def _rows(origins_: Origins) -> Origins:
    return frozenset(Origin.RAW if origin is Origin.SOME else origin for origin in origins_)


def of_product(left: Origins, right: Origins) -> Origins:
    """Where a matrix product comes from.

    Rows times parameters give one value per row; the transposed rows times such values sum over all rows, as a gradient does.
    """
    one, other = _rows(left) - {Origin.NEUTRAL}, _rows(right) - {Origin.NEUTRAL}
    if one == {Origin.RAW} and other == {Origin.PARAMETERS}:
        return _only(Origin.DERIVED)
    if one == {Origin.COLUMNS} and other == {Origin.DERIVED}:
        return _only(Origin.PARAMETERS)
    return one or _only(Origin.NEUTRAL) if one == other == {Origin.PARAMETERS} else _only(Origin.UNKNOWN)


def of_arithmetic(left: Origins, right: Origins) -> Origins:
    """Where a sum, or a product element by element, comes from: a mix of rows and parameters is unknown."""
    both = (left | right) - {Origin.NEUTRAL}
    both = both if both == {Origin.SOME} else _rows(both)
    if both == {Origin.DERIVED, Origin.RAW}:
        return _only(Origin.DERIVED)
    return (both if len(both) == 1 else _only(Origin.UNKNOWN)) if both else _only(Origin.NEUTRAL)


def _only(origin: Origin) -> Origins:
    return frozenset((origin,))
