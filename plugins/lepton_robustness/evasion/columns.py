"""Which columns of the holdout are the model's input, and which its answer."""

from __future__ import annotations

from collections.abc import Sequence

from lepton_audit import LookFailed, LookRefused, Model, Table

DECLARE = "declare the columns' roles under the table's `columns`, or the model's input under its `features`"


def label_column(holdout: Table) -> str:
    """The one column of role `label`. Raises LookRefused."""
    labels = holdout.columns("label")
    if len(labels) != 1:
        raise LookRefused(
            f"table {holdout.name} has {len(labels)} columns of role label, wanted one: without true labels no answer is wrong",
            next_step=f"{DECLARE}",
        )
    return labels[0]


def feature_columns(model: Model, holdout: Table) -> tuple[str, ...]:
    """The model's input in its order: as declared, else as the model names them, else in the table's order."""
    present = tuple(holdout.expression.columns)
    if model.options.features:
        return _declared(tuple(model.options.features), present, holdout)
    left_out = {*holdout.columns("label"), *holdout.columns("identifier")}
    inputs = tuple(c for c in present if c not in left_out)
    named = _named(model.native)
    ordered = named if named and set(named) <= set(inputs) else inputs
    if not ordered:
        raise LookRefused(f"table {holdout.name} has no feature column", next_step=DECLARE)
    return ordered


def _named(native: object) -> tuple[str, ...]:
    """Names that a scikit-learn estimator was fitted with: their order is the model's, whatever the table's."""
    return tuple(str(name) for name in getattr(native, "feature_names_in_", ()))


def _declared(wanted: tuple[str, ...], present: tuple[str, ...], holdout: Table) -> tuple[str, ...]:
    missing = [name for name in wanted if name not in present]
    if missing:
        raise LookFailed(
            f"the model's features {missing} are no columns of table {holdout.name}, which has {list(present)}",
            next_step="name the features as the holdout's columns are named",
        )
    return wanted


def numeric(holdout: Table, columns: Sequence[str]) -> None:
    """Returns only if every column holds numbers. Raises LookRefused, naming the others."""
    schema = holdout.expression.schema()
    other = [f"{c} ({schema[c]})" for c in columns if not (schema[c].is_numeric() or schema[c].is_boolean())]
    if other:
        raise LookRefused(
            f"columns that hold no numbers can't be attacked: {', '.join(other)}",
            next_step="point the model's `features` at numeric columns; a model with text or categories needs a holdout as encoded",
        )
