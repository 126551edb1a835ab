import { connect, createServer, type Socket } from "node:net";
import { Random } from "../sim/random.ts";
import { Pipe } from "./pipe.ts";

/** Where a link leads: a TCP port of this machine, or a Unix socket. */
export type Target = { readonly port: number } | { readonly path: string };
/** `up`: from who opened the link to the target; `down`: back. */
export type Direction = "up" | "down";
export type Directions = Direction | "both";

/** What a link does to bytes, beside carrying them. */
export type Impairment = {
  readonly latencyMs: number;
  /** Up to so much more, drawn for each piece; pieces keep their order. */
  readonly jitterMs: number;
  /** 0: as fast as it goes. */
  readonly bytesPerSecond: number;
  /** Pieces of at most so many bytes, each written by itself; 0: as they come. */
  readonly sliceBytes: number;
};

/** Looks at the bytes of one direction of one link, and gives on what it likes. */
export type Filter = (chunk: Buffer, emit: (bytes: Buffer) => void) => void;

export type ProxyOptions = {
  /** Asked for each new link; undefined: the link is refused. */
  readonly target: () => Target | undefined;
  readonly random?: Random;
  /** A filter for each direction of each link. */
  readonly filter?: (direction: Direction, link: LinkControl) => Filter | undefined;
};

export type LinkControl = { reset(): void };

const clear: Impairment = { latencyMs: 0, jitterMs: 0, bytesPerSecond: 0, sliceBytes: 0 };

type Link = LinkControl & { readonly near: Socket; readonly far: Socket; readonly pipes: Record<Direction, Pipe> };

/** A TCP proxy that does to links what networks, sleeping phones and falling cables do. */
export class TcpProxy {
  readonly #options: ProxyOptions;
  readonly #random: Random;
  readonly #links = new Set<Link>();
  readonly #listener = createServer((near) => this.#accept(near));
  #impairment: Impairment = clear;
  #refusing = false;
  #opened = 0;
  #endedByTarget = 0;

  private constructor(options: ProxyOptions) {
    this.#options = options;
    this.#random = options.random ?? new Random(1);
  }

  static async open(options: ProxyOptions): Promise<TcpProxy> {
    const proxy = new TcpProxy(options);
    await new Promise<void>((resolve) => proxy.#listener.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get port(): number {
    const address = this.#listener.address();
    return typeof address === "object" && address ? address.port : 0;
  }

  get links(): number {
    return this.#links.size;
  }

  get opened(): number {
    return this.#opened;
  }

  /** Links on which the target ended its side. */
  get endedByTarget(): number {
    return this.#endedByTarget;
  }

  /** For every link there is and that will be; what is not given is as on a good line. */
  impair(impairment: Partial<Impairment>): void {
    this.#impairment = { ...clear, ...impairment };
    this.#eachPipe("both", (pipe) => pipe.impair(this.#impairment));
  }

  /** On the links there are: takes what is said and passes nothing on; nobody is told. */
  silence(directions: Directions = "both"): void {
    this.#eachPipe(directions, (pipe) => pipe.silence());
  }

  /** On the links there are: stops reading, so that bytes pile up where they come from. */
  stall(directions: Directions = "both"): void {
    this.#eachPipe(directions, (pipe) => pipe.stall());
  }

  /** Ends every impairment; what a silent link swallowed stays lost, so that link is ended. */
  heal(): void {
    this.#refusing = false;
    this.impair({});
    for (const link of [...this.#links]) {
      if (link.pipes.up.isSilent || link.pipes.down.isSilent) link.reset();
      else for (const pipe of Object.values(link.pipes)) pipe.resume();
    }
  }

  /** New links are reset, until `heal`. */
  refuse(): void {
    this.#refusing = true;
  }

  /** Ends links: in order (FIN) or at once (RST); all, or each with a probability. */
  cut(how: "fin" | "rst" = "rst", probability = 1): void {
    for (const link of [...this.#links]) {
      if (!this.#random.chance(probability)) continue;
      if (how === "rst") link.reset();
      else for (const socket of [link.near, link.far]) socket.end();
    }
  }

  close(): void {
    this.#listener.close();
    for (const link of [...this.#links]) link.reset();
  }

  #eachPipe(directions: Directions, work: (pipe: Pipe) => void): void {
    for (const { pipes } of this.#links)
      for (const direction of ["up", "down"] as const)
        if (directions === "both" || directions === direction) work(pipes[direction]);
  }

  #accept(near: Socket): void {
    near.on("error", () => undefined);
    const target = this.#refusing ? undefined : this.#options.target();
    if (!target) {
      near.resetAndDestroy();
      return;
    }
    this.#opened++;
    const far = "port" in target ? connect(target.port, "127.0.0.1") : connect(target.path);
    far.on("error", () => undefined);
    near.setNoDelay(true);
    far.setNoDelay(true);
    const reset = () => {
      this.#links.delete(link);
      for (const pipe of Object.values(link.pipes)) pipe.close();
      near.resetAndDestroy();
      far.resetAndDestroy();
    };
    const control = { reset };
    const pipe = (direction: Direction, from: Socket, to: Socket) =>
      new Pipe(from, to, this.#random.fork(), this.#impairment, this.#options.filter?.(direction, control));
    const link: Link = { near, far, reset, pipes: { up: pipe("up", near, far), down: pipe("down", far, near) } };
    this.#links.add(link);
    near.on("close", () => {
      // A link that is silent ends without the other side hearing of it.
      if (!link.pipes.up.isSilent) link.pipes.up.end();
      this.#links.delete(link);
    });
    far.on("close", () => {
      this.#endedByTarget++;
      if (!link.pipes.down.isSilent) link.pipes.down.end();
      this.#links.delete(link);
    });
  }
}

/** A proxy in front of one port. */
export const openProxy = (port: number, random?: Random): Promise<TcpProxy> =>
  TcpProxy.open({ target: () => ({ port }), ...(random && { random }) });
