export type Part = "desk" | "talk" | "settings" | `${"desk-" | ""}${"en" | "zh-Hant" | "zh-Hans"}`;

/** Begins to fetch parts of the page; whoever imports them later finds them there. The build wrote their files into the page. */
export function fetchParts(parts: readonly Part[], priority: "high" | "low" = "high"): void {
  const files = JSON.parse(document.getElementById("files")?.textContent ?? "{}") as Partial<Record<Part, string[]>>;
  for (const href of parts.flatMap((part) => files[part] ?? [])) {
    const link = document.createElement("link");
    link.rel = href.endsWith(".css") ? "preload" : "modulepreload";
    if (link.rel === "preload") link.as = "style";
    // As the bundler asks for it later: else it would be another request.
    link.crossOrigin = "";
    link.fetchPriority = priority;
    link.href = href;
    document.head.append(link);
  }
}
