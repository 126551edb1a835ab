import type { Clock } from "../context.ts";

/** Token bucket: `perSecond` refill up to `burst`. Returns 0 when taken, else the milliseconds until one is there. */
export class Bucket {
  private tokens: number;
  private at: number;
  private readonly perSecond: number;
  private readonly burst: number;

  constructor(perSecond: number, burst: number, now: number) {
    this.perSecond = perSecond;
    this.burst = burst;
    this.tokens = burst;
    this.at = now;
  }

  take(now: number): number {
    this.tokens = Math.min(this.burst, this.tokens + ((now - this.at) * this.perSecond) / 1000);
    this.at = now;
    if (this.tokens >= 1) {
      this.tokens -= 1;
      return 0;
    }
    return Math.ceil(((1 - this.tokens) * 1000) / this.perSecond);
  }

  /** Takes what was had elsewhere; what is owed has a bound, so that nobody waits for longer than a burst takes. */
  charge(now: number, count: number): void {
    this.tokens = Math.min(this.burst, this.tokens + ((now - this.at) * this.perSecond) / 1000);
    this.at = now;
    this.tokens = Math.max(-this.burst, this.tokens - count);
  }

  /** Whether it is full again, so that forgetting it changes nothing. */
  full(now: number): boolean {
    return this.tokens + ((now - this.at) * this.perSecond) / 1000 >= this.burst;
  }
}

/** Buckets by key, forgotten once they are full again; at most `maxKeys` of them. */
export class Buckets {
  private readonly buckets = new Map<string, Bucket>();
  private readonly clock: Pick<Clock, "elapsed">;
  private readonly perSecond: number;
  private readonly burst: number;
  /** What was taken since the last `collect`, once somebody wants to know. */
  private spent: Map<string, number> | undefined;

  constructor(clock: Pick<Clock, "elapsed">, perSecond: number, burst: number) {
    this.clock = clock;
    this.perSecond = perSecond;
    this.burst = burst;
  }

  /** From now on keeps count for `collect`. */
  remember(): void {
    this.spent ??= new Map();
  }

  /**
   * What was taken since the last time, to be told to other nodes. Left out is what is too little to matter: as much on
   * each of so many nodes would still be half the rate.
   */
  collect(nodes: number): Record<string, number> {
    const least = Math.max(1, this.perSecond / (2 * nodes));
    const counts = [...(this.spent ?? [])].filter(([, count]) => count >= least);
    this.spent?.clear();
    return Object.fromEntries(counts);
  }

  charge(key: string, count: number): void {
    this.bucketOf(key).charge(this.clock.elapsed(), count);
  }

  take(key: string): number {
    const wait = this.bucketOf(key).take(this.clock.elapsed());
    if (wait === 0 && this.spent && (this.spent.has(key) || this.spent.size < maxKeys))
      this.spent.set(key, (this.spent.get(key) ?? 0) + 1);
    return wait;
  }

  private bucketOf(key: string): Bucket {
    let bucket = this.buckets.get(key);
    if (!bucket) {
      if (this.buckets.size >= maxKeys) this.sweep();
      bucket = new Bucket(this.perSecond, this.burst, this.clock.elapsed());
      this.buckets.set(key, bucket);
    }
    return bucket;
  }

  sweep(): void {
    const now = this.clock.elapsed();
    for (const [key, bucket] of this.buckets) if (bucket.full(now)) this.buckets.delete(key);
    // Under attack from more addresses than that, the oldest go.
    for (const key of this.buckets.keys()) {
      if (this.buckets.size < maxKeys) break;
      this.buckets.delete(key);
    }
  }
}

const maxKeys = 100_000;
