"""What the weights of a mapping network hold good for: sequences, values, voxels and field strength of their training.

They stand in the header of the file, so that training and use cannot drift apart, and so that a scan that is unlike the
training is told before anybody believes its maps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from napari_mrsr.physics.flair import FlairTimings
from napari_mrsr.physics.mprage import MprageTimings
from napari_mrsr.physics.tse import TseTimings

Range = tuple[float, float]


@dataclass(frozen=True)
class MapConditions:
    """The conditions.

    Parameters
    ----------
    mprage, tse, flair
        Timings of T1w, T2w and FLAIR in training, those of Table 1 of paper 4.
    spread
        Relative spread about these timings that training saw: uniform within plus or minus so much.
    t1, t2
        Values, ms, outside of which a map has none: there the images say too little, whatever the network says.
    voxel
        Smallest and largest side of a voxel in a slice, mm.
    field_strength
        T.
    percentile
        Of the scale of the images (:mod:`~napari_mrsr.networks.head_scale`).
    trained
        What else is known of the training: loss, lambda, sources.

    Examples
    --------
    >>> conditions = MapConditions(t2=(20.0, 400.0))
    >>> MapConditions.read(conditions.written()) == conditions
    True
    """

    mprage: MprageTimings = field(default_factory=MprageTimings)
    tse: TseTimings = field(default_factory=TseTimings)
    flair: FlairTimings = field(default_factory=FlairTimings)
    spread: float = 0.0
    t1: Range = (150.0, 5000.0)
    t2: Range = (15.0, 600.0)
    voxel: Range = (0.7, 1.3)
    field_strength: float = 3.0
    percentile: float = 99.0
    trained: Mapping[str, Any] = field(default_factory=dict)

    def written(self) -> dict[str, Any]:
        """Return it as what JSON can hold."""
        return asdict(self)

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> MapConditions:
        """Return what was written; what a record lacks is as by default.

        Raises
        ------
        TypeError, KeyError, BadParameter
            It is no such record.
        """
        given = dict(record)
        given |= {name: tuple(given[name]) for name in ("t1", "t2", "voxel") if name in given}
        sequences = {"mprage": MprageTimings, "tse": TseTimings, "flair": FlairTimings}
        given |= {name: made(**given[name]) for name, made in sequences.items() if name in given}
        return cls(**given)
