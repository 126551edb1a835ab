const key = "aftercare.reloaded";

/** The page as the server has it now. */
async function pageNow(): Promise<string | undefined> {
  try {
    const answer = await fetch(location.pathname, { cache: "no-store" });
    return answer.ok ? await answer.text() : undefined;
  } catch {
    return undefined;
  }
}

/** Once for each build that this tab has seen: what fails for another reason would be loaded for ever. */
function isFirst(build: string): boolean {
  try {
    const before = sessionStorage.getItem(key);
    sessionStorage.setItem(key, build);
    return before !== build;
  } catch {
    return false;
  }
}

async function look(): Promise<boolean> {
  const build = document.querySelector<HTMLScriptElement>("script[type=module]")?.src ?? "";
  const now = await pageNow();
  const isOld = now !== undefined && !now.includes(new URL(build).pathname) && isFirst(build);
  if (isOld) location.reload();
  return isOld;
}

let looking: Promise<boolean> | undefined;

/** After an upgrade the files of an older page are gone: then it loads itself anew, once. Tells whether it does. */
export function reloadIfOld(): Promise<boolean> {
  looking ??= look().finally(() => {
    looking = undefined;
  });
  return looking;
}

/** A part that the page cannot do without did not come. */
export async function tellFailed(): Promise<void> {
  if (await reloadIfOld()) return;
  document.getElementById("early")?.remove();
  const box = document.getElementById("failed");
  const button = box?.querySelector("button");
  if (!box || !button) return;
  box.role = "alert";
  box.hidden = false;
  // Without a network the message stays, in place of the browser's own page.
  button.onclick = async () => {
    if ((await pageNow()) !== undefined) location.reload();
  };
}
