/** Whether the page is as narrow as a telephone: rows are cards then. */

import { signal } from "@preact/signals";

const query = matchMedia("(max-width: 640px)");

export const isNarrow = signal(query.matches);
query.addEventListener("change", ({ matches }) => {
  isNarrow.value = matches;
});
