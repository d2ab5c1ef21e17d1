"""The entries of a completed configuration, and what each says by itself."""

from dataclasses import dataclass, field

from foretell.common.remembered import remembered
from foretell.study.config import StudyConfig
from foretell.study.policies import AnyPolicy, ImportedPolicy, ModelPolicy
from foretell.study.pools import PoolOfFolds, SinglePool
from foretell.study.problem_sets import AnyProblemSet, ByGroup, File, HubSet, Records, Responded


@dataclass(frozen=True)
class Entries:
    """A configuration that `foretell.study.config.complete` has completed and `foretell.study.checks` has passed.

    Attributes:
        config: the configuration.
        left_out: problem sets that the study does without, and why; see `foretell.study.left_out`.
    """

    config: StudyConfig
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Id of the study, under which its results stand."""
        return self.config.study

    @property
    def shards(self) -> list[str]:
        """Names of the files that completions and activations are split into."""
        return [f"{index:03d}-of-{self.config.shards:03d}" for index in range(self.config.shards)]

    def problem_set(self, name: str) -> AnyProblemSet:
        """An entry of `problem_sets`."""
        return self.config.problem_sets[name]

    def policy(self, name: str) -> AnyPolicy:
        """An entry of `policies`."""
        return self.config.policies[name]

    def pool(self, name: str) -> SinglePool:
        """A pool's entry; one that is made of folds has what their entries share."""
        entry = self.config.pools[name]
        if isinstance(entry, PoolOfFolds):
            return self.pool(entry.folds[0]).model_copy(update={"problem_set": entry.problem_set})
        return entry

    def folds(self, name: str) -> list[str]:
        """The pools that make up a pool: its folds, or itself."""
        entry = self.config.pools[name]
        return entry.folds if isinstance(entry, PoolOfFolds) else [name]

    def pools_on(self, problem_set: str) -> list[str]:
        """Pools that route over a problem set."""
        return [name for name, pool in self.config.pools.items() if pool.problem_set == problem_set]

    def origin(self, problem_set: str) -> str:
        """The problem set whose completions and activations a problem set shares: its own, or that of another split."""
        entry = self.problem_set(problem_set)
        return entry.of if isinstance(entry, ByGroup) else problem_set

    @remembered
    def policies(self, problem_set: str) -> list[str]:
        """Policies that are evaluated on a problem set, in the order of the configuration."""
        origin = self.origin(problem_set)
        wanted = {policy for pool in self.pools_on(origin) for policy in self.pool(pool).policies}
        wanted |= set(self.problem_set(origin).evaluated)
        return [policy for policy in self.config.policies if policy in wanted]

    @remembered
    def problem_sets(self) -> list[str]:
        """Problem sets on which some policy is evaluated."""
        return [name for name in self.config.problem_sets if self.policies(name)]

    def reported(self) -> list[str]:
        """Problem sets that claims are about: those that are no fold of another one."""
        entries = self.config.problem_sets.values()
        folds = {fold for entry in entries if isinstance(entry, Records) for fold in entry.folds or []}
        return [name for name in self.problem_sets() if name not in folds]

    def answers(self, problem_set: str) -> str:
        """What answers to a problem set are: math, integer, choice, text or code."""
        return self.problem_set(self.origin(problem_set)).answers

    def is_cross_fitted(self, problem_set: str) -> bool:
        """Whether every problem is predicted from the others."""
        entry = self.problem_set(problem_set)
        return isinstance(entry, File) and entry.cross_fit is not None

    def fits_irt(self, problem_set: str) -> bool:
        """Whether the difficulty of a set's problems is estimated from who solved which."""
        entry = self.problem_set(problem_set)
        return isinstance(entry, Responded) and entry.responses is not None

    def has_efforts(self, problem_set: str) -> bool:
        """Whether some model answers a problem set at more than one effort."""
        entries = [self.policy(policy) for policy in self.policies(problem_set)]
        efforts = {(entry.model, entry.effort) for entry in entries if isinstance(entry, ModelPolicy) and entry.effort}
        return len(efforts) > len({model for model, _ in efforts})

    def metadata(self, problem_set: str) -> list[str]:
        """Columns of a problem set that the family `metadata` reads."""
        entry = self.problem_set(self.origin(problem_set))
        if isinstance(entry, Records) and entry.folds:
            return self.metadata(entry.folds[0])
        return (entry.metadata or []) if isinstance(entry, File | HubSet | Records) else []

    def left_out_by(self, problem_set: str) -> dict[str, ImportedPolicy]:
        """Imported policies that leave problems out which they lack answers to."""
        entries = {policy: self.policy(policy) for policy in self.policies(problem_set)}
        imported = {name: entry for name, entry in entries.items() if isinstance(entry, ImportedPolicy)}
        return {name: entry for name, entry in imported.items() if entry.missing == "leave_out"}

    def compared(self, problem_set: str) -> list[str]:
        """Problem sets that are read for another one: for their test, or for their test's questions."""
        entry = self.problem_set(self.origin(problem_set))
        return entry.compared() if isinstance(entry, HubSet) else []
