/** Whether the reader wants nothing to move: then what moves is told in numbers. */

import { signal } from "@preact/signals";

const query = matchMedia("(prefers-reduced-motion: reduce)");

export const isStill = signal(query.matches);
query.addEventListener("change", ({ matches }) => {
  isStill.value = matches;
});
