"""Where records go that change pipelines: proposals from the pipeline's own maps, else by key, name and category. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from schema.definitions import PipelineDef, StageDef


def propose(here: PipelineDef, there: PipelineDef) -> dict[str, str]:
    """`{stage key here: stage key there}` for every stage here."""
    return {stage.key: _target(here, there, stage).key for stage in here.stages}


def _target(here: PipelineDef, there: PipelineDef, stage: StageDef) -> StageDef:
    declared = here.maps.get(there.key, {}).get(stage.key)
    for wanted in (declared, stage.key):
        if (found := next((each for each in there.stages if each.key == wanted), None)) is not None:
            return found
    if (
        named := next((each for each in there.stages if set(each.label.values()) & set(stage.label.values())), None)
    ) is not None:
        return named
    alike = _like(there, stage)
    if not alike:  # what was won or lost here has come as far as there is to come there
        return [each for each in there.stages if each.category == 'open'][-1]
    return _same_place(_like(here, stage), stage, alike)


def _like(pipeline: PipelineDef, stage: StageDef) -> list[StageDef]:
    return [each for each in pipeline.stages if each.category == stage.category]


def _same_place(mine: Sequence[StageDef], stage: StageDef, theirs: Sequence[StageDef]) -> StageDef:
    """As far along there as the stage is here."""
    place = next((number for number, each in enumerate(mine) if each is stage), 0)
    return theirs[min(len(theirs) - 1, place * len(theirs) // max(len(mine), 1))]
