/** Where this user answers the approvals of a run. */

import { fieldsIn, isFields } from "../client/fields";

/**
 * By step, what the JSON at `url` says, but for what is answered on the page one is on. Never rejects.
 */
export async function answersAt(url: string): Promise<ReadonlyMap<string, string>> {
  try {
    const response = await fetch(url, {
      headers: { accept: "application/json" },
      credentials: "same-origin",
    });
    const found: unknown = await response.json();
    return new Map(
      fieldsIn(isFields(found) ? found["approvals"] : null)
        .map((each) => [String(each["step"]), String(each["url"])] as const)
        .filter(([, page]) => !isHere(page)),
    );
  } catch {
    return new Map();
  }
}

function isHere(url: string): boolean {
  return new URL(url, document.baseURI).pathname === location.pathname;
}
