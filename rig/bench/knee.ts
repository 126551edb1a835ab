export type Knee<S> = { readonly rate: number; readonly step: S };

export type Climb<S> = {
  /** What each side does at most. */
  readonly most: readonly number[];
  /** Rising shares of that to try, and falling ones for a side that even the first is too much for. */
  readonly shares: readonly number[];
  readonly lowerShares: readonly number[];
  /** On a noisy machine a rate gets more than one chance. */
  readonly tries: number;
  fits(step: S): boolean;
  attempt(side: number, rate: number): Promise<S>;
};

/** The highest rate of each side that fits. They climb side by side; a step that does not fit ends a side's climb. */
export async function findKnees<S>(climb: Climb<S>): Promise<(Knee<S> | undefined)[]> {
  const { most, shares, lowerShares, tries, fits, attempt } = climb;
  const knees: (Knee<S> | undefined)[] = most.map(() => undefined);
  const reach = async (side: number, share: number): Promise<boolean> => {
    const rate = Math.round((most[side] ?? 0) * share);
    for (let tried = 0; tried < tries; tried++) {
      const step = await attempt(side, rate);
      if (!fits(step)) continue;
      knees[side] = { rate, step };
      return true;
    }
    return false;
  };
  const climbing = new Set(most.keys());
  for (const share of shares) for (const side of climbing) if (!(await reach(side, share))) climbing.delete(side);
  for (const share of lowerShares) for (const [side, knee] of knees.entries()) if (!knee) await reach(side, share);
  return knees;
}
