import type { Tabs } from "@aftercare/sdk";

/** One browser: its tabs share messages and elect a leader, each message a copy and in a later microtask. */
export class FakeBrowser {
  readonly #tabs: FakeTab[] = [];

  tab(): FakeTab {
    const tab = new FakeTab(this);
    this.#tabs.push(tab);
    return tab;
  }

  send(from: FakeTab, message: unknown): void {
    for (const tab of this.#tabs) {
      if (tab === from) continue;
      const copy = structuredClone(message);
      queueMicrotask(() => tab.deliver(copy));
    }
  }

  elect(): void {
    if (this.#tabs.some((tab) => tab.leads)) return;
    const next = this.#tabs.find((tab) => tab.candidate);
    if (next) next.lead();
  }

  remove(tab: FakeTab): void {
    const index = this.#tabs.indexOf(tab);
    if (index >= 0) this.#tabs.splice(index, 1);
    this.elect();
  }
}

export class FakeTab implements Tabs {
  leads = false;
  candidate = false;
  readonly #browser: FakeBrowser;
  #lead: () => void = () => {};
  #listener: (message: unknown) => void = () => {};
  #closed = false;

  constructor(browser: FakeBrowser) {
    this.#browser = browser;
  }

  elect(lead: () => void): void {
    this.#lead = lead;
    this.candidate = true;
    queueMicrotask(() => this.#browser.elect());
  }

  lead(): void {
    this.leads = true;
    this.#lead();
  }

  post(message: unknown): void {
    if (!this.#closed) this.#browser.send(this, message);
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#listener = listener;
  }

  deliver(message: unknown): void {
    if (!this.#closed) this.#listener(message);
  }

  /** Also what the browser does to a tab that is killed. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.candidate = false;
    this.leads = false;
    this.#browser.remove(this);
  }
}
