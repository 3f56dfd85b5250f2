/** The lines of two texts, side by side in one list: those that went, those that came, those between. */

export interface DiffLine {
  /** ` ` = in both; `…` stands for lines that are left out. */
  readonly sign: " " | "+" | "-" | "…";
  readonly line: string;
}

/** Lines shown around each change. */
const AROUND = 3;

/** By the longest common subsequence; texts of definitions have at most some thousand lines. */
export function textDiff(before: string, after: string): readonly DiffLine[] {
  const was = before.split("\n");
  const is = after.split("\n");
  const longest = table(was, is);
  const found: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < was.length || j < is.length) {
    const [gone, come] = [was[i], is[j]];
    if (gone !== undefined && gone === come) {
      found.push({ sign: " ", line: gone });
      i++;
      j++;
    } else if (
      come === undefined ||
      (gone !== undefined && at(longest, i + 1, j) >= at(longest, i, j + 1))
    ) {
      found.push({ sign: "-", line: gone ?? "" });
      i++;
    } else {
      found.push({ sign: "+", line: come });
      j++;
    }
  }
  return withoutTheRest(found);
}

/** How many lines the ends of both have in common, from each place on. */
function table(was: readonly string[], is: readonly string[]): readonly Uint16Array[] {
  const rows = was.map(() => new Uint16Array(is.length + 1));
  rows.push(new Uint16Array(is.length + 1));
  for (let i = was.length - 1; i >= 0; i--) {
    for (let j = is.length - 1; j >= 0; j--) {
      const row = rows[i];
      if (!row) continue;
      row[j] =
        was[i] === is[j]
          ? at(rows, i + 1, j + 1) + 1
          : Math.max(at(rows, i + 1, j), at(rows, i, j + 1));
    }
  }
  return rows;
}

function at(rows: readonly Uint16Array[], i: number, j: number): number {
  return rows[i]?.[j] ?? 0;
}

function withoutTheRest(lines: readonly DiffLine[]): readonly DiffLine[] {
  const changed = lines.flatMap(({ sign }, place) => (sign === " " ? [] : [place]));
  const found: DiffLine[] = [];
  let isGap = false;
  for (const [place, line] of lines.entries()) {
    const isNear = changed.some((each) => Math.abs(each - place) <= AROUND);
    if (isNear) found.push(line);
    else if (!isGap) found.push({ sign: "…", line: "…" });
    isGap = !isNear;
  }
  return found;
}
