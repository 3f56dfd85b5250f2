/** The times of a run as a table: the same as the picture, for every reader. */

import { Time } from "../../parts/time";
import { span } from "../../state/time";
import { type Bar, endOf, nameOf, resultOf } from "./bars";

interface Props {
  readonly bars: readonly Bar[];
  readonly now: number;
  readonly onChoose: (step: string) => void;
}

export function Table({ bars, now, onChoose }: Props) {
  return (
    <div
      class="gantt-scroll"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
      tabIndex={0}
      role="region"
      aria-label="When each step was at what"
    >
      <table class="gantt-table">
        <thead>
          <tr>
            <th scope="col">Step</th>
            <th scope="col">What</th>
            <th scope="col">From</th>
            <th scope="col">Took</th>
            <th scope="col">Then</th>
          </tr>
        </thead>
        {bars.map((bar) => (
          <tbody key={bar.step}>
            {bar.segments.length === 0 && (
              <tr>
                <th scope="row">{bar.title}</th>
                <td colSpan={4} class="faint">
                  done at once
                </td>
              </tr>
            )}
            {bar.segments.map((segment, at) => (
              <tr key={`${segment.kind} ${segment.begin}`}>
                {at === 0 && (
                  <th scope="rowgroup" rowSpan={bar.segments.length}>
                    {bar.step ? (
                      <button type="button" class="link" onClick={() => onChoose(bar.step)}>
                        {bar.title}
                      </button>
                    ) : (
                      "The run"
                    )}
                  </th>
                )}
                <td>{nameOf(segment)}</td>
                <td>
                  <Time at={segment.begin} isClock />
                </td>
                <td>{span(endOf(segment, now) - Date.parse(segment.begin))}</td>
                <td>{resultOf(segment)}</td>
              </tr>
            ))}
          </tbody>
        ))}
      </table>
    </div>
  );
}
