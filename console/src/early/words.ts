/** The words of the page before its script and its language are there; the build takes them from the tables. */
export type EarlyWords = Record<
  "title" | "lead" | "login" | "password" | "submit" | "preferences" | "loading" | "notLoaded" | "retry",
  string
>;
