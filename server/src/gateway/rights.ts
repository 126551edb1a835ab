import type { AccountId } from "@aftercare/protocol";
import type { Ctx, Principal } from "../context.ts";

/** Who the holder of a credential is now. */
export interface Principals {
  /** From now on these accounts are read anew. */
  forget(accounts: readonly AccountId[] | "all"): void;
  /** Undefined when the credential is in force no more. */
  now(credential: string): Promise<Principal | undefined>;
}

/** A live session, as far as rights go. */
export interface Holder {
  readonly principal: Principal | undefined;
  renew(principal: Principal): void;
  /** Says once more who it is: its client looks at what else is the account's. */
  remind(): void;
  end(reason: "unauthorised"): void;
}

export interface Rights {
  /** Grows with every change that was heard of. */
  count(): number;
  changed(accounts: readonly AccountId[] | "all"): void;
  /** Reads anew who holds this session: something changed while it was being found out. */
  recheck(holder: Holder): void;
  stop(): void;
}

type RightsCtx = Pick<Ctx, "bus" | "clock" | "log" | "principals">;

const retryMs = 1_000;

/** Keeps the principals of live sessions what the database says, by bells and by what the vigil finds (laws 5, 11). */
export function keepRights(ctx: RightsCtx, sessions: ReadonlySet<Holder>): Rights {
  const { principals } = ctx;
  const timers = new Set<unknown>();
  let heard = 0;

  async function renew(holder: Holder): Promise<void> {
    const { credential } = holder.principal ?? {};
    if (!principals || credential === undefined) return;
    try {
      const principal = await principals.now(credential);
      if (principal) holder.renew(principal);
      else holder.end("unauthorised");
    } catch (error) {
      ctx.log.warn({ error: String(error) }, "rights of a session not read; they are in a second");
      const timer = ctx.clock.setTimer(() => {
        timers.delete(timer);
        void renew(holder);
      }, retryMs);
      timers.add(timer);
    }
  }

  function changed(accounts: readonly AccountId[] | "all"): void {
    heard++;
    principals?.forget(accounts);
    const wanted = accounts === "all" ? undefined : new Set(accounts);
    for (const holder of sessions) {
      const { account } = holder.principal ?? {};
      if (account !== undefined && (!wanted || wanted.has(account))) void renew(holder);
    }
  }

  /** Nothing of it is read here, and a bell that is lost is not missed: clients look now and then by themselves. */
  function remind(account: AccountId | undefined): void {
    for (const holder of sessions) {
      const { principal } = holder;
      if (account === undefined ? principal?.kind === "staff" : principal?.account === account) holder.remind();
    }
  }

  const stopListening = ctx.bus.subscribe((bell) => {
    if (bell.kind === "rights") changed(bell.accounts);
    if (bell.kind === "kept") remind(bell.account);
  });
  return {
    count: () => heard,
    changed,
    recheck: (holder) => void renew(holder),
    stop() {
      stopListening();
      for (const timer of timers) ctx.clock.clearTimer(timer);
    },
  };
}
