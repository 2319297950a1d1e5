// SPDX-License-Identifier: Apache-2.0

/** What a branch tells while it runs. */
export type BranchControl = {
  /** It waits for another and does no work. */
  readonly handOn: () => void;
  /** Settles when it may work again. */
  readonly awaitTurn: () => Promise<void>;
};

export type Branching<T> = {
  readonly branches: readonly T[];
  /** How many may work at the same time. */
  readonly turns: number;
  /** How much of the work of two is the same. Of those to come the one least like what runs is begun first. */
  readonly likeness: (one: T, other: T) => number;
  readonly run: (branch: T, control: BranchControl) => Promise<void>;
  /** True once nothing more is to be begun. */
  readonly isStopped: () => boolean;
};

/** Each turn in use, and as many more that wait and are ready for a turn: who waits takes memory, too. */
const BEGUN_FOR_EACH_TURN = 2;

/**
 * Runs branches of which only so many work at a time; others may have begun and wait for what one of those makes.
 * Such a wait gives the turn to the next. Comes back when none runs any more.
 */
export async function runBranches<T>(branching: Branching<T>): Promise<void> {
  const state: State<T> = {
    toCome: [...branching.branches],
    running: new Set(),
    working: new Set(),
    asking: [],
  };
  await new Promise<void>((resolve, reject) => {
    const begin = (branch: T): void => {
      const control = { handOn: () => handOn(branch), awaitTurn: () => ask(branch) };
      state.running.add(branch);
      state.working.add(branch);
      branching.run(branch, control).then(() => end(branch), reject);
    };
    const handOn = (branch: T): void => {
      state.working.delete(branch);
      giveTurns();
    };
    const ask = (branch: T): Promise<void> =>
      new Promise((answer) => {
        state.asking.push({ branch, answer });
        giveTurns();
      });
    const end = (branch: T): void => {
      state.running.delete(branch);
      state.asking = state.asking.filter((asking) => asking.branch !== branch);
      handOn(branch);
    };
    const giveTurns = (): void => {
      while (state.working.size < branching.turns && giveTurn(state, branching, begin));
      if (state.running.size === 0 && (state.toCome.length === 0 || branching.isStopped())) resolve();
    };
    giveTurns();
  });
}

type State<T> = {
  toCome: readonly T[];
  readonly running: Set<T>;
  readonly working: Set<T>;
  asking: { readonly branch: T; readonly answer: () => void }[];
};

/** Those that have begun come first. @returns whether anybody wanted the turn. */
function giveTurn<T>(state: State<T>, branching: Branching<T>, begin: (branch: T) => void): boolean {
  const [next, ...others] = state.asking;
  if (next !== undefined) {
    state.asking = others;
    state.working.add(next.branch);
    next.answer();
    return true;
  }
  const branch = leastLike(state.toCome, [...state.running], branching.likeness);
  const isFull = state.running.size >= branching.turns * BEGUN_FOR_EACH_TURN;
  if (branch === undefined || isFull || branching.isStopped()) return false;
  state.toCome = state.toCome.filter((other) => other !== branch);
  begin(branch);
  return true;
}

function leastLike<T>(
  candidates: readonly T[],
  running: readonly T[],
  likeness: Branching<T>['likeness'],
): T | undefined {
  const most = (branch: T): number => Math.max(0, ...running.map((other) => likeness(branch, other)));
  return candidates
    .map((branch, index) => ({ branch, index, shared: most(branch) }))
    .sort((a, b) => a.shared - b.shared || a.index - b.index)[0]?.branch;
}
