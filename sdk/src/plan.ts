import type { Change } from "./change.ts";
import type { StoreWrite } from "./types.ts";

/** What a batch of frames comes to: first persisted in one transaction, then applied, then told, then answered. */
export type Plan = {
  readonly put: [string, unknown][];
  readonly delete: string[];
  readonly changes: Change[];
  readonly after: (() => void)[];
};

export const newPlan = (): Plan => ({ put: [], delete: [], changes: [], after: [] });

export function planWrite(plan: Plan, write: StoreWrite): void {
  // A key deleted and put again in one batch must end as put, and the other way round.
  const put = new Set(write.put?.map(([key]) => key));
  const gone = new Set(write.delete);
  if (put.size > 0) remove(plan.delete, (key) => put.has(key));
  if (gone.size > 0) remove(plan.put, ([key]) => gone.has(key));
  plan.put.push(...(write.put ?? []));
  plan.delete.push(...(write.delete ?? []).filter((key) => !put.has(key)));
}

function remove<T>(list: T[], unwanted: (item: T) => boolean): void {
  const kept = list.filter((item) => !unwanted(item));
  list.splice(0, list.length, ...kept);
}
