/** How many came in each part of a span of time, as bars; the number is said, the bars only show it. */

interface Props {
  /** The oldest first. */
  readonly counts: readonly number[];
  readonly title: string;
  /** What each bar is: `minute`. */
  readonly unit: string;
}

const HEIGHT = 32;

export function Bars({ counts, title, unit }: Props) {
  const most = Math.max(1, ...counts);
  const top = Math.max(0, ...counts);
  return (
    <figure class="bars">
      <figcaption>
        <strong>{title}</strong>{" "}
        <span class="faint">{top > 0 ? `at most ${top} in one ${unit}` : ""}</span>
      </figcaption>
      <svg viewBox={`0 0 ${counts.length} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        {heights(counts, most).map((height, at) => (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place
            key={at}
            x={at + 0.1}
            y={HEIGHT - height}
            width={0.8}
            height={height}
          />
        ))}
      </svg>
    </figure>
  );
}

/** Of each bar; one event can be seen, none cannot be taken for one. */
export function heights(counts: readonly number[], most: number): readonly number[] {
  return counts.map((n) => (n === 0 ? 0 : Math.max(2, (n / most) * HEIGHT)));
}
