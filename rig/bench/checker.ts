import type { Seat } from "./side.ts";

const shownTroubles = 5;

export type Stored = { rows: number; distinct: number };

/** Order and loss: what every device was shown, against what was acknowledged and stored. */
export class Checker {
  readonly #seats: readonly Seat[];
  readonly #received: { messages: number[]; places: number[] }[];
  readonly #acked: boolean[] = [];
  readonly #troubles: string[] = [];
  ackedCount = 0;
  deliveredCount = 0;

  constructor(seats: readonly Seat[]) {
    this.#seats = seats;
    this.#received = seats.map(() => ({ messages: [], places: [] }));
  }

  acked(message: number): void {
    this.#acked[message] = true;
    this.ackedCount++;
  }

  /** `place` is what the side orders a conversation by. */
  delivered(device: number, message: number, place: number): void {
    this.deliveredCount++;
    const received = this.#received[device];
    received?.messages.push(message);
    received?.places.push(place);
  }

  trouble(text: string): void {
    if (this.#troubles.length < shownTroubles) this.#troubles.push(text);
  }

  /** "ok", or the first thing that is wrong. Ask when nothing is under way. Without `stored`, nothing claims to be kept. */
  verdict(stored: Stored | undefined, delivers = true): string {
    if (this.#troubles.length > 0) return this.#troubles.join("; ");
    const wrong = (delivers ? this.#wrongDelivery() : undefined) ?? (stored && this.#wrongStore(stored));
    if (wrong !== undefined) return wrong;
    const turned = this.#turned();
    return turned > 0 ? `${turned} of ${this.deliveredCount} deliveries came in another order than stored` : "ok";
  }

  #wrongDelivery(): string | undefined {
    const members = new Map<string, number[]>();
    for (const [device, { conversation }] of this.#seats.entries()) {
      const devices = members.get(conversation);
      if (devices) devices.push(device);
      else members.set(conversation, [device]);
    }
    const seen: number[] = [];
    for (const devices of members.values()) {
      const [one = [], ...others] = devices.map((device) => this.#received[device]?.messages ?? []);
      for (const message of one) seen[message] = (seen[message] ?? 0) + 1;
      for (const other of others)
        if (other.length !== one.length || other.some((message, index) => message !== one[index]))
          return `two devices were shown different orders (${one.length} and ${other.length} messages)`;
    }
    const lost = this.#acked.findIndex((acked, message) => acked && seen[message] !== 1);
    return lost < 0 ? undefined : `message ${lost} was acknowledged and shown ${seen[lost] ?? 0} times`;
  }

  #wrongStore({ rows, distinct }: Stored): string | undefined {
    if (rows !== distinct) return `${rows - distinct} messages are stored twice`;
    return rows < this.ackedCount ? `${this.ackedCount} were acknowledged, ${rows} are stored` : undefined;
  }

  /** How many messages were shown, on some device, after one that stands behind them in the store. */
  #turned(): number {
    let turned = 0;
    for (const { places } of this.#received) {
      let highest = 0;
      for (const place of places) {
        if (place < highest) turned++;
        else highest = place;
      }
    }
    return turned;
  }
}
