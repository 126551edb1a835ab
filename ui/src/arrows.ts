/** Up, Down, Home and End move between the messages in `host`; Enter and Space open the menu of one. Gives the way to stop. */
export function watchArrows(host: HTMLElement): () => void {
  const onKey = (event: KeyboardEvent) => {
    const row = event.target as HTMLElement;
    if (row.dataset?.testid !== "message" || event.altKey || event.ctrlKey || event.metaKey) return;
    const all = [...host.querySelectorAll<HTMLElement>("[data-testid=message]")];
    const at = all.indexOf(row);
    const go = (index: number) => all[index]?.focus();
    if (event.key === "ArrowUp") go(at - 1);
    else if (event.key === "ArrowDown") go(at + 1);
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(all.length - 1);
    else if (event.key === "Enter" || event.key === " ")
      row.querySelector<HTMLElement>("[aria-haspopup=menu]")?.click();
    else return;
    event.preventDefault();
  };
  host.addEventListener("keydown", onKey);
  return () => host.removeEventListener("keydown", onKey);
}
