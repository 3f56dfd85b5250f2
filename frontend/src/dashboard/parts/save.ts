/** A text as a file of the user's. */

const KEPT_MS = 60_000;

/** Have the browser save *text* as a file of that name. */
export function save(text: string, name: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // Some browsers begin to read it only after they have asked where it shall go.
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}
