/** The same by the command line, as one types it. */

/** What stands after `flow`, with what stands before it. */
export function byFlow(command: string): string {
  return `python manage.py flow ${command}`;
}

/** A text as one word of a shell. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
