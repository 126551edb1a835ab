/** Dates, times and numbers in one language; the words around them are in `words/`. */
export type Format = {
  time(at: number): string;
  /** The day of a separator; undefined for today and yesterday, which have words. */
  day(at: number, now: number): { near: "today" | "yesterday" } | { text: string };
  /** Short, for lists: a time today, else a weekday or a date. */
  brief(at: number, now: number): string;
  dateTime(at: number, now: number): string;
  number: (value: number) => string;
  /** A length of time, rounded up: "5 minutes". */
  wait(ms: number): string;
  list(names: readonly string[]): string;
};

const dayMs = 86_400_000;

/** Whole local days between two instants. */
export function daysApart(at: number, now: number): number {
  const start = (time: number) => {
    const date = new Date(time);
    return Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  };
  return Math.round((start(now) - start(at)) / dayMs);
}

export function makeFormat(intl: string): Format {
  const time = new Intl.DateTimeFormat(intl, { hour: "numeric", minute: "2-digit" });
  const weekday = new Intl.DateTimeFormat(intl, { weekday: "long" });
  const shortWeekday = new Intl.DateTimeFormat(intl, { weekday: "short" });
  const date = new Intl.DateTimeFormat(intl, { day: "numeric", month: "long", weekday: "short" });
  const dateYear = new Intl.DateTimeFormat(intl, { day: "numeric", month: "long", year: "numeric" });
  const shortDate = new Intl.DateTimeFormat(intl, { day: "numeric", month: "numeric" });
  const shortDateYear = new Intl.DateTimeFormat(intl, { day: "numeric", month: "numeric", year: "2-digit" });
  const numbers = new Intl.NumberFormat(intl);
  const names = new Intl.ListFormat(intl, { type: "conjunction" });
  const sameYear = (at: number, now: number) => new Date(at).getFullYear() === new Date(now).getFullYear();
  const longDate = (at: number, now: number) => (sameYear(at, now) ? date : dateYear).format(at);
  const unit = (value: number, name: string) =>
    new Intl.NumberFormat(intl, { style: "unit", unit: name, unitDisplay: "long" }).format(value);

  return {
    time: (at) => time.format(at),
    day(at, now) {
      const days = daysApart(at, now);
      if (days === 0) return { near: "today" };
      if (days === 1) return { near: "yesterday" };
      return { text: days > 1 && days < 7 ? weekday.format(at) : longDate(at, now) };
    },
    brief(at, now) {
      const days = daysApart(at, now);
      if (days <= 0) return time.format(at);
      if (days < 7) return shortWeekday.format(at);
      return (sameYear(at, now) ? shortDate : shortDateYear).format(at);
    },
    dateTime: (at, now) => (daysApart(at, now) === 0 ? time.format(at) : `${longDate(at, now)} ${time.format(at)}`),
    number: (value) => numbers.format(value),
    wait(ms) {
      const seconds = Math.max(1, Math.ceil(ms / 1000));
      if (seconds < 60) return unit(seconds, "second");
      if (seconds < 3600) return unit(Math.ceil(seconds / 60), "minute");
      if (seconds < 86_400) return unit(Math.ceil(seconds / 3600), "hour");
      return unit(Math.ceil(seconds / 86_400), "day");
    },
    list: (all) => names.format(all),
  };
}
