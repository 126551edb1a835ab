import type { Browser, CDPSession, Page } from "playwright-core";
import { median } from "./statistics.ts";

/** A frame is late when it takes longer than a 60th of a second, and half a millisecond of the clock's grain. */
export const frameMs = 16.7;
const grainMs = 0.5;

/**
 * What a run of frames took. `task` and what is in it is the page's own thread, `other` all else that draws: the
 * compositor, the rasteriser's threads and the process that stands for a graphics card. CPU time, for each frame.
 */
export type Turn = {
  frames: number;
  latePercent: number;
  worstMs: number;
  taskMs: number;
  scriptMs: number;
  styleMs: number;
  layoutMs: number;
  otherMs: number;
};

/** Turns the wheel by `stepPx` on every frame, `steps` times, and times the frames. `back`: in turns where there is no more. */
const scroll = (page: Page, selector: string, stepPx: number, steps: number, back: boolean): Promise<number[]> =>
  page.evaluate(
    ({ selector: where, stepPx: first, steps: most, back }) =>
      new Promise<number[]>((resolve) => {
        const box = document.querySelector(where);
        const times: number[] = [];
        let by = first;
        let before = performance.now();
        let left = most;
        const frame = (at: number) => {
          times.push(at - before);
          before = at;
          left -= 1;
          if (box) {
            const was = box.scrollTop;
            box.scrollTop += by;
            // A page that reads on waits at its end; a copy has no more and turns back.
            if (back && box.scrollTop === was) by = -by;
          }
          if (left > 0) requestAnimationFrame(frame);
          else resolve(times.slice(2));
        };
        requestAnimationFrame((at) => {
          before = at;
          requestAnimationFrame(frame);
        });
      }),
    { selector, stepPx, steps, back },
  );

async function metrics(cdp: CDPSession): Promise<Map<string, number>> {
  const { metrics: all } = await cdp.send("Performance.getMetrics");
  return new Map(all.map(({ name, value }) => [name, value * 1_000]));
}

/** CPU so far of the processes that draw pages. */
async function drawingMs(browser: Browser): Promise<number> {
  const cdp = await browser.newBrowserCDPSession();
  const { processInfo } = await cdp.send("SystemInfo.getProcessInfo");
  await cdp.detach();
  const drawing = processInfo.filter(({ type }) => type === "renderer" || type === "GPU");
  return drawing.reduce((sum, { cpuTime }) => sum + cpuTime * 1_000, 0);
}

export async function session(page: Page): Promise<CDPSession> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Performance.enable", { timeDomain: "threadTicks" });
  await cdp.send("Profiler.enable");
  return cdp;
}

export async function turned(
  browser: Browser,
  page: Page,
  cdp: CDPSession,
  selector: string,
  stepPx: number,
  steps: number,
  back: boolean,
): Promise<Turn> {
  const whole = await drawingMs(browser);
  const before = await metrics(cdp);
  const times = await scroll(page, selector, stepPx, steps, back);
  const after = await metrics(cdp);
  const all = (await drawingMs(browser)) - whole;
  const each = (name: string) => ((after.get(name) ?? 0) - (before.get(name) ?? 0)) / steps;
  const late = times.filter((ms) => ms > frameMs + grainMs).length;
  const taskMs = each("TaskDuration");
  return {
    frames: times.length,
    latePercent: (100 * late) / times.length,
    worstMs: Math.max(...times),
    taskMs,
    scriptMs: each("ScriptDuration"),
    styleMs: each("RecalcStyleDuration"),
    layoutMs: each("LayoutDuration"),
    otherMs: Math.max(0, all / steps - taskMs),
  };
}

/** The middle of several runs, figure by figure. */
export function middleOf(turns: readonly Turn[]): Turn {
  const of = (pick: (turn: Turn) => number) => median(turns.map(pick));
  return {
    frames: turns.reduce((sum, { frames }) => sum + frames, 0),
    latePercent: of((it) => it.latePercent),
    worstMs: of((it) => it.worstMs),
    taskMs: of((it) => it.taskMs),
    scriptMs: of((it) => it.scriptMs),
    styleMs: of((it) => it.styleMs),
    layoutMs: of((it) => it.layoutMs),
    otherMs: of((it) => it.otherMs),
  };
}

export const said = ({ frames, latePercent, worstMs, taskMs, scriptMs, styleMs, layoutMs, otherMs }: Turn): string =>
  `${latePercent.toFixed(1)} % of ${frames} frames late (worst ${worstMs.toFixed(0)} ms); ` +
  `CPU ${taskMs.toFixed(1)} ms a frame (script ${scriptMs.toFixed(1)}, style ${styleMs.toFixed(1)}, layout ${layoutMs.toFixed(1)}), elsewhere ${otherMs.toFixed(1)}`;

/**
 * The same elements without a script: what scrolling them costs however little the console does. What is late here is the
 * rasteriser's or the neighbours'.
 */
export async function stillCopy(page: Page): Promise<Page> {
  const html = await page.evaluate(() => {
    const copy = document.documentElement.cloneNode(true) as HTMLElement;
    for (const script of copy.querySelectorAll("script, link[rel=modulepreload]")) script.remove();
    // The copy has no origin of its own: styles asked for by one would not come.
    for (const link of copy.querySelectorAll("[crossorigin]")) link.removeAttribute("crossorigin");
    copy.querySelector("head")?.insertAdjacentHTML("afterbegin", `<base href="${location.origin}/">`);
    // The rows of a list stand where they were scrolled to: brought to its beginning, as there are no others.
    const lines = [...copy.querySelectorAll<HTMLElement>("[data-testid=list] ul > li")];
    for (const [at, line] of lines.entries()) line.style.transform = `translateY(${at * 70}px)`;
    const list = copy.querySelector<HTMLElement>("[data-testid=list] ul");
    if (list) list.style.height = `${lines.length * 70}px`;
    return `<!doctype html>${copy.outerHTML}`;
  });
  const still = await page.context().newPage();
  await still.setContent(html, { waitUntil: "load" });
  return still;
}

/** Nothing to draw but a scroll bar: what is late here is the neighbours'. */
export async function emptyPage(page: Page): Promise<Page> {
  const empty = await page.context().newPage();
  await empty.setContent(
    '<!doctype html><div data-testid="empty" style="height: 800px; overflow: auto; background: #fff"><div style="height: 100000px">',
  );
  return empty;
}
