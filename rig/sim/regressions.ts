/** Seeds that failed once, and what they found. They run first, for ever. */
export const regressions: readonly { seed: number; found: string }[] = [
  { seed: 10, found: "a joining whose bell was lost: the node turned the new member away for good" },
  { seed: 45, found: "two commands put off, the later one first: they came into the log the wrong way round" },
  { seed: 49, found: "a draft typed in one tab while another sent: it came back after the server had it" },
  { seed: 50, found: "a gap read from the log with a removed edit: the fold forgot that edit" },
  { seed: 68, found: "a snapshot of a node that had missed receipts took back what was shown as read" },
  { seed: 78, found: "links that ended with a failover told the inspector of the old log as of the new one" },
  { seed: 135, found: "a draft of notes outlived the leaving in the inbox" },
  { seed: 148, found: "acknowledged before a restore, its event lost: the command waited for ever" },
  { seed: 169, found: "a node whose idle memory had missed a bell gave old snapshots until it was swept" },
  { seed: 166, found: "a node that had not heard of a restore read the new log and told it under the old epoch" },
  { seed: 196, found: "marks of deliveries in memory were told of the events of another log" },
  { seed: 179, found: "a node that had not heard of a restore told of receipts that the log would not take" },
  { seed: 219, found: "a full store kept an ended command: another tab showed it as waiting" },
  { seed: 499, found: "a tab that took over the lead showed receipts go back" },
  {
    seed: 617,
    found: "an acknowledgement and the end of its stream in one batch: the command was shown as sending for ever",
  },
  { seed: 966, found: "a simulator's own: a link that nobody heard since its hello was held to be one that stopped" },
  { seed: 1259, found: "a node that was behind ended a stream for a leaving after the account had joined again" },
  {
    seed: 1445,
    found: "a command that others waited behind was discarded: when its hold ran out they came in as they happened to",
  },
  { seed: 1739, found: "a full store kept a draft that the server had had: a tab opened then showed it for ever" },
  { seed: 1776, found: "a simulator's own: what a restore took away was asked for again" },
  {
    seed: 101_475,
    found: "two of a pair began their conversation at once: the second met a constraint, not the first's",
  },
];
