"""Maximum likelihood for a few positive parameters, and the record that every fitted model returns.

The search runs in the logarithms of the parameters: they stay positive, and no unit changes the path. Newton's steps
use the analytic gradient and its differences; standard errors come from the same Hessian by the delta method, which
is exact where the gradient is zero.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from tierbook.quality import Problem

Params = TypeVar("Params", bound=tuple[float, ...])
# Logarithms of the parameters -> minus the mean log-likelihood per customer, and its gradient.
Objective = Callable[[NDArray[np.float64]], tuple[float, NDArray[np.float64]]]

FEW_REPEATERS = 100
_DONE, _CONVERGED = 1e-10, 1e-6  # largest element of the gradient
_MOST_STEPS = 60
_LONGEST_STEP = 2.0  # a factor of e^2 for any parameter
_FARTHEST = 14.0  # from the start: a factor of a million
_DIFFERENCE = 1e-5
_AT_THE_EDGE = 1e3


@dataclass(frozen=True)
class Fit(Generic[Params]):
    """A fitted model.

    `params` and `standard_errors` have the same names and units; a standard error is NaN where the data do not
    determine the parameter. `gradient_norm` is the largest element of the gradient of the mean log-likelihood in the
    logarithms of the parameters. `customers` were used, `repeaters` of them bought again. `warnings` say what a
    reader should know before trusting it.
    """

    params: Params
    standard_errors: Params
    log_likelihood: float
    customers: int
    repeaters: int
    converged: bool
    gradient_norm: float
    warnings: tuple[Problem, ...] = ()


class Optimum(NamedTuple):
    """Where a search ended: logarithms of the parameters, objective, gradient, Hessian.

    `held` marks parameters at the end of the range that is searched, which could only go on outwards; the gradient is 0
    there.
    """

    theta: NDArray[np.float64]
    value: float
    gradient: NDArray[np.float64]
    hessian: NDArray[np.float64]
    held: NDArray[np.bool_]


def minimise(
    objective: Objective, start: NDArray[np.float64], *, hessian: NDArray[np.float64] | None = None
) -> Optimum:
    """The minimum of an objective near `start`.

    Parameters
    ----------
    objective : callable
        See `Objective`.
    start : array (k,)
        Logarithms of the first guess.
    hessian : array (k, k), optional
        A good guess of the Hessian at the minimum: it is kept while it serves, which saves k evaluations per step.
    """
    theta = np.asarray(start, dtype=float)
    value, gradient = objective(theta)
    fresh = hessian is None
    for _ in range(_MOST_STEPS):
        free = _free(theta, gradient, start)
        if np.abs(gradient * free).max() < _DONE:
            break
        if hessian is None:
            hessian = hessian_at(objective, theta, gradient)
        step = np.zeros(theta.size)
        step[free] = _downhill(hessian[np.ix_(free, free)], gradient[free])
        taken = _step(objective, theta, value, gradient, step, start)
        if taken is None:
            if fresh:
                break  # no step of any length helps: the rest is rounding
            hessian, fresh = None, True
            continue
        slow = np.abs(taken[2][free]).max() > 0.2 * np.abs(gradient[free]).max()
        theta, value, gradient = taken
        if fresh or slow:
            hessian, fresh = None, True
    free = _free(theta, gradient, start)
    return Optimum(theta, value, gradient * free, hessian_at(objective, theta, gradient), ~free)


def result(
    optimum: Optimum,
    make: Callable[..., Params],
    *,
    log_likelihood: float,
    customers: int,
    repeaters: int,
    shapes: tuple[str, ...],
    warnings: tuple[Problem, ...] = (),
) -> Fit[Params]:
    """The record of a search that ended at `optimum`.

    `make` builds the parameters from their values in order; `shapes` names those without a unit, for which values
    beyond a thousand or below a thousandth mean that the data do not hold the parameter in.
    """
    values = np.exp(optimum.theta)
    errors = values * _log_errors(optimum.hessian, customers)
    norm = float(np.abs(optimum.gradient).max())
    params = make(*values.tolist())
    said = list(warnings)
    if norm > _CONVERGED:
        said.append(
            Problem(
                "warning",
                "The search for the parameters did not converge.",
                "Do not use this fit; look for unusual customers or more data.",
            )
        )
    named = dict(zip(getattr(make, "_fields", ()), values.tolist(), strict=True))
    held = [name for name, at_end in zip(named, optimum.held.tolist(), strict=True) if at_end]
    edge = [name for name in shapes if not 1 / _AT_THE_EDGE < named[name] < _AT_THE_EDGE and name not in held]
    edge += held
    edge += [name for name, error in zip(named, errors, strict=True) if np.isnan(error) and name not in edge]
    if edge:
        said.append(
            Problem(
                "warning",
                "The data do not determine {names}: the estimate lies at the boundary.",
                "Expectations may still be right; do not read the parameters themselves.",
                {"names": ", ".join(edge)},
            )
        )
    if repeaters < FEW_REPEATERS:
        said.append(
            Problem(
                "warning",
                "Only {count} customers bought again; estimates from under {enough} are rough.",
                "Use a longer period or more customers.",
                {"count": repeaters, "enough": FEW_REPEATERS},
            )
        )
    return Fit(
        params,
        make(*errors.tolist()),
        log_likelihood,
        customers,
        repeaters,
        norm <= _CONVERGED,
        norm,
        tuple(said),
    )


def hessian_at(
    objective: Objective, theta: NDArray[np.float64], gradient: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Second derivatives from differences of the gradient."""
    rows = [
        (objective(theta + _DIFFERENCE * unit)[1] - gradient) / _DIFFERENCE for unit in np.eye(theta.size)
    ]
    return (np.array(rows) + np.array(rows).T) / 2


def _free(theta: NDArray, gradient: NDArray, start: NDArray) -> NDArray[np.bool_]:
    """Which parameters may still move downhill: not those at the end of the range whose slope leads out of it."""
    low, high = theta <= start - _FARTHEST, theta >= start + _FARTHEST
    return ~(low & (gradient > 0) | high & (gradient < 0))


def _downhill(hessian: NDArray, gradient: NDArray) -> NDArray:
    """Newton's step with every curvature made positive, cut where the quadratic picture cannot hold."""
    curvature, direction = np.linalg.eigh(hessian)
    curvature = np.maximum(np.abs(curvature), max(1e-9 * np.abs(curvature).max(), 1e-12))
    step = -direction @ ((direction.T @ gradient) / curvature)
    return step * min(1.0, _LONGEST_STEP / max(np.abs(step).max(), 1e-300))


def _step(
    objective: Objective, theta: NDArray, value: float, gradient: NDArray, step: NDArray, start: NDArray
) -> tuple[NDArray, float, NDArray] | None:
    """The longest of step, half, a quarter … that goes down, or flattens the gradient where rounding hides it."""
    for halving in range(30):
        tried = np.clip(theta + step * 0.5**halving, start - _FARTHEST, start + _FARTHEST)
        new, slope = objective(tried)
        if not np.isfinite(new) or not np.isfinite(slope).all():
            continue
        if new <= value + 1e-4 * float(gradient @ (tried - theta)):
            return tried, new, slope
        flatter = np.abs(slope * (step != 0)).max() < np.abs(gradient * (step != 0)).max()
        if abs(new - value) <= 1e-13 * abs(value) and flatter:
            return tried, new, slope
    return None


def _log_errors(hessian: NDArray, customers: int) -> NDArray:
    """Standard errors of the logarithms; NaN where the likelihood is flat or rising."""
    curvature, direction = np.linalg.eigh(hessian)
    if curvature.min() <= 1e-10 * curvature.max():
        return np.full(len(hessian), np.nan)
    covariance = (direction / curvature) @ direction.T / customers
    return np.sqrt(np.diag(covariance))
