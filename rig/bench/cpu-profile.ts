/** The part that we need of V8's profile format, which Bun writes too. Times are microseconds of the Unix clock. */
export type CpuProfile = {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
    readonly children?: readonly number[];
  }[];
  readonly startTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
};

export type FunctionCost = { name: string; url: string; line: number; self: number; total: number };

/** Samples of each function between two moments, the costliest first; in `total` a recursion counts once. */
export function functionsIn(
  profile: CpuProfile,
  fromUs: number,
  toUs: number,
): { samples: number; functions: FunctionCost[] } {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map(profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const costs = new Map<string, FunctionCost>();
  let at = profile.startTime;
  let samples = 0;
  for (const [index, leaf] of profile.samples.entries()) {
    at += profile.timeDeltas[index] ?? 0;
    if (at < fromUs || at >= toUs) continue;
    samples++;
    const seen = new Set<FunctionCost>();
    for (let id: number | undefined = leaf; id !== undefined; id = parents.get(id)) {
      const frame = nodes.get(id)?.callFrame;
      if (!frame || frame.functionName === "(root)") continue;
      const { functionName: name, url, lineNumber } = frame;
      const key = `${name} ${url} ${lineNumber}`;
      const cost = costs.get(key) ?? { name: name || "(anonymous)", url, line: lineNumber + 1, self: 0, total: 0 };
      costs.set(key, cost);
      if (id === leaf) cost.self++;
      if (!seen.has(cost)) cost.total++;
      seen.add(cost);
    }
  }
  return { samples, functions: [...costs.values()].sort((a, b) => b.self - a.self || b.total - a.total) };
}
