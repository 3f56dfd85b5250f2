/** How many died in each of the last 24 hours. */

import { heights } from "./words";

const WIDTH = 4;
const HEIGHT = 20;

export function Hours({ counts }: { counts: readonly number[] }) {
  const sum = counts.reduce((all, count) => all + count, 0);
  return (
    <svg
      class="hours"
      role="img"
      aria-label={`${sum.toLocaleString("en")} in the last 24 hours`}
      viewBox={`0 0 ${counts.length * WIDTH} ${HEIGHT}`}
      width={counts.length * WIDTH}
      height={HEIGHT}
    >
      {heights(counts).map((height, at) => (
        <rect
          // biome-ignore lint/suspicious/noArrayIndexKey: an hour is its place
          key={at}
          x={at * WIDTH}
          y={HEIGHT - Math.max(1, height * HEIGHT)}
          width={WIDTH - 1}
          height={Math.max(1, height * HEIGHT)}
        />
      ))}
    </svg>
  );
}
