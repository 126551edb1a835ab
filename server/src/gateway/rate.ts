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
    this.tokens = Math.min(this.burst, this.tokens + (Math.max(0, now - this.at) * this.perSecond) / 1000);
    this.at = now;
    if (this.tokens >= 1) {
      this.tokens -= 1;
      return 0;
    }
    return Math.ceil(((1 - this.tokens) * 1000) / this.perSecond);
  }

  /** Whether it is full again, so that forgetting it changes nothing. */
  full(now: number): boolean {
    return this.tokens + (Math.max(0, now - this.at) * this.perSecond) / 1000 >= this.burst;
  }
}

/** Buckets by key, forgotten once they are full again; at most `maxKeys` of them. */
export class Buckets {
  private readonly buckets = new Map<string, Bucket>();
  private readonly clock: Pick<Clock, "now">;
  private readonly perSecond: number;
  private readonly burst: number;

  constructor(clock: Pick<Clock, "now">, perSecond: number, burst: number) {
    this.clock = clock;
    this.perSecond = perSecond;
    this.burst = burst;
  }

  take(key: string): number {
    const now = this.clock.now();
    let bucket = this.buckets.get(key);
    if (!bucket) {
      if (this.buckets.size >= maxKeys) this.sweep();
      bucket = new Bucket(this.perSecond, this.burst, now);
      this.buckets.set(key, bucket);
    }
    return bucket.take(now);
  }

  sweep(): void {
    const now = this.clock.now();
    for (const [key, bucket] of this.buckets) if (bucket.full(now)) this.buckets.delete(key);
    // Under attack from more addresses than that, the oldest go.
    for (const key of this.buckets.keys()) {
      if (this.buckets.size < maxKeys) break;
      this.buckets.delete(key);
    }
  }
}

const maxKeys = 100_000;
