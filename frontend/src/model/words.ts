/**
 * What is said, by name. A page may bring its own, in its language: `{% flow_assets %}` writes those that
 * Django has translated. The server's pages say the same; a test holds them to that.
 */

export const WORDS = {
  "run.pending": "Expected",
  "run.queued": "Queued",
  "run.running": "Running",
  "run.waiting": "Waiting",
  "run.held": "On hold",
  "run.cancelling": "Stopping",
  "run.compensating": "Taking back",
  "run.succeeded": "Done",
  "run.failed": "Failed",
  "run.cancelled": "Cancelled",
  "run.expired": "Expired",
  "run.ended": "Not started",
  "step.pending": "to come",
  "step.ready": "next",
  "step.running": "running",
  "step.waiting": "waiting",
  "step.retrying": "trying again",
  "step.rescuing": "finding a way round",
  "step.succeeded": "done",
  "step.rescued": "done another way",
  "step.skipped": "skipped",
  "step.failed": "failed",
  "step.cancelled": "cancelled",
  "step.not_reached": "not reached",
  "step.undoing": "being taken back",
  "step.undone": "taken back",
  "step.undo_failed": "could not be taken back",
  "say.pending": "Waiting for this to begin.",
  "say.queued": "Waiting for its turn.",
  "say.under_way": "Under way.",
  "say.held": "This has stopped for now; somebody is looking at it.",
  "say.cancelling": "Being stopped.",
  "say.compensating": "Taking back what was done.",
  "say.succeeded": "All done.",
  "say.cancelled": "This was cancelled.",
  "say.expired": "This could not begin in time.",
  "why.plain": "Something went wrong.",
  "why.late": "This took longer than it may, and was stopped.",
  "why.step": "Something went wrong in «{step}».",
  "end.no_match": "There was nothing to do.",
  "end.duplicate": "This has been asked for already.",
  "end.debounced": "A later request has taken its place.",
  "end.dropped": "There were too many requests at once; please try again later.",
  "end.skipped": "This is under way already.",
  "end.overflow": "Too many are waiting already; please try again later.",
  "end.bad_input": "This could not be started.",
  "end.filter_error": "This could not be started.",
  "place.step": "Step {at} of {count}",
  "place.took": "Took {time}",
  "place.undone": "{done} of {total} taken back",
  and_more: "{first} and {count} more",
  items: "{done} of {total}",
  "items.failed": "{count} failed",
  item: "No. {number}",
  again: "again ({at} of {count})",
  "again.at": "again at {time} ({at} of {count})",
  until: "until {time}",
  answers: "{given} of {wanted} answers",
  afterwards: "Afterwards",
  progress: "Progress",
  "link.answer": "Answer",
  "link.child": "Open",
  "link.login": "Log in",
  "live.live": "Live",
  "live.lost": "Reconnecting",
  "live.lost_since": "Reconnecting, as of {time}",
  "live.as_of": "As of {time}",
  "live.signed_out": "Signed out",
  "live.too_many": "Not live: too many on one page",
  "live.denied": "No longer shown to you",
  "live.offline": "You are offline",
  "say.asked": "Your answer is wanted.",
  "tone.info": "Note",
  "tone.success": "Done",
  "tone.warning": "Attention",
  "tone.failure": "Failed",
  "inbox.bell": "Notifications",
  "inbox.unread": "Notifications, {count} unread",
  "inbox.archived": "Archived",
  "inbox.snoozed": "Comes back later",
  "inbox.read": "Marked as read",
  "inbox.undo": "Undo",
  "inbox.failed": "That did not work; please try again.",
  "button.sent": "Accepted",
} as const;

export type Word = keyof typeof WORDS;

let own: ReadonlyMap<string, string> = new Map();

/** Say these instead, by name; names that are not known do no harm. */
export function speak(words: ReadonlyMap<string, string>): void {
  own = words;
}

/** The words of that name, with what they speak of. */
export function say(word: Word, values: Readonly<Record<string, string | number>> = {}): string {
  // A state of a newer server has no word: its name is shown.
  const text: string = own.get(word) ?? WORDS[word] ?? word;
  return text.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}

/** Whether there are such words. */
export function isWord(name: string): name is Word {
  return name in WORDS;
}
