"""How far two runs with other samples show the same: what an explanation's stability promises."""

from explainer.lime.explanation import Explanation


def agreement(one: Explanation, other: Explanation, ties: bool = True) -> float:
    """The share of each focus that the other run shows too, averaged over both.

    Parameters
    ----------
    one, other : Explanation
        Of the same photo, cut in the same way; the most probable label is compared.
    ties : bool
        Whether a region also counts as shown where it shares the last place.

    Returns
    -------
    float
        0 to 1; 1 where neither shows anything.
    """
    label = one.labels[0].index
    regions = [set(run.regions(label)) for run in (one, other)]
    if not any(regions):
        return 1.0
    counted = [
        shown | set(run.last_place(label).others if ties else ())
        for run, shown in zip((one, other), regions, strict=True)
    ]
    return (len(regions[0] & counted[1]) + len(regions[1] & counted[0])) / sum(map(len, regions))
