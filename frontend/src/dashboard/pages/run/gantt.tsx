/**
 * When each step waited, worked and was tried again: a row for each, the attempts one behind the other.
 *
 * Every row is a button that says all of it; the same is there as a table. Time in which nothing is done is
 * cut, with its length, unless the reader wants to see it.
 */

import { useState } from "preact/hooks";
import { api, got } from "../../http/ask";
import { useAsked } from "../../http/use";
import { Loading } from "../../parts/empty";
import { ProblemNote } from "../../parts/problem";
import { isLive, now } from "../../state/link";
import { span } from "../../state/time";
import { type Bar, busyOf, wholeOf } from "./bars";
import { LoopRows, Row, Tracks } from "./gantt-rows";
import { Table } from "./gantt-table";
import { type Scale, scaleOf, ticksOf } from "./scale";

interface Props {
  readonly runId: string;
  /** Changes when the run has moved on. */
  readonly position: string;
  /** The step that is looked at. */
  readonly chosen: string;
  readonly onChoose: (step: string, item?: string) => void;
}

const ZOOMS = [1, 2, 4, 8, 16] as const;

export function Gantt({ runId, position, chosen, onChoose }: Props) {
  const params = { path: { run_id: runId } };
  const asked = useAsked(
    runId,
    (signal) => got(api.GET("/runs/{run_id}/timeline", { params, signal })),
    { when: position },
  );
  const [isCutting, cut] = useState(true);
  const [isTable, asTable] = useState(false);
  const [zoom, setZoom] = useState(0);
  const told = asked.value;
  if (!told) return asked.problem ? <ProblemNote problem={asked.problem} /> : <Loading />;
  const bars = [told.run, ...told.bars];
  const goesOn = bars.some(({ segments }) => segments.some(({ end }) => end === null));
  const at = Math.max(now.value, Date.parse(told.at));
  const scale = scaleOf(wholeOf(bars, at), busyOf(told.bars, at), isCutting);
  return (
    <div class="gantt">
      <div class="gantt-acts">
        <Check says="as a table" isOn={isTable} onTurn={asTable} />
        {!isTable && <Check says="cut idle time" isOn={isCutting} onTurn={cut} />}
        {!isTable && <Zoom zoom={zoom} onZoom={setZoom} />}
      </div>
      {asked.problem && <ProblemNote problem={asked.problem} />}
      {!told.is_whole && (
        <p class="faint">
          Its history is long: of each step only the tries that are kept are shown.
        </p>
      )}
      {isTable ? (
        <Table bars={bars} now={at} onChoose={onChoose} />
      ) : (
        <div
          class="gantt-scroll"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
          tabIndex={0}
          role="region"
          aria-label="When each step was at what"
        >
          <div class="gantt-body" style={{ width: `${(ZOOMS[zoom] ?? 1) * 100}%` }}>
            <Over scale={scale} at={goesOn ? at : null} />
            <ol class="gantt-rows" onKeyDown={byArrows}>
              <Row bar={{ ...told.run, title: "The run" }} scale={scale} now={at} />
              {told.bars.map((bar) => (
                <Rows
                  key={bar.step}
                  {...{ runId, bar, scale, chosen, onChoose, position }}
                  now={at}
                />
              ))}
            </ol>
          </div>
        </div>
      )}
      {!isTable && <Tracks />}
    </div>
  );
}

interface RowsProps extends Props {
  readonly bar: Bar;
  readonly scale: Scale;
  readonly now: number;
}

function Rows({ runId, bar, scale, now: at, chosen, onChoose, position }: RowsProps) {
  return (
    <>
      <Row
        bar={bar}
        scale={scale}
        now={at}
        isChosen={bar.step === chosen}
        onChoose={() => onChoose(bar.step)}
      />
      {bar.total !== null && bar.total > 0 && (
        <LoopRows
          {...{ runId, scale, position }}
          step={bar.step}
          total={bar.total}
          now={at}
          onChoose={(item) => onChoose(bar.step, item)}
        />
      )}
    </>
  );
}

/** What lies over all rows: distances, cuts with their length, and the present. */
function Over({ scale, at }: { scale: Scale; at: number | null }) {
  return (
    <div class="gantt-over" aria-hidden="true">
      {ticksOf(scale).map(({ at: place, offset }) => (
        <span key={offset} class="gantt-tick" style={{ insetInlineStart: `${place * 100}%` }}>
          {offset === 0 ? "0" : span(offset)}
        </span>
      ))}
      {scale.pieces
        .filter(({ isCut }) => isCut)
        .map(({ begin, end, from, to }) => (
          <span
            key={begin}
            class="gantt-cut"
            style={{ insetInlineStart: `${from * 100}%`, width: `${(to - from) * 100}%` }}
          >
            <span>{span(end - begin)}</span>
          </span>
        ))}
      {at !== null && (
        <span
          class="gantt-now"
          data-frozen={isLive.value ? undefined : ""}
          style={{ insetInlineStart: `${scale.at(at) * 100}%` }}
        />
      )}
    </div>
  );
}

interface CheckProps {
  readonly says: string;
  readonly isOn: boolean;
  readonly onTurn: (isOn: boolean) => void;
}

function Check({ says, isOn, onTurn }: CheckProps) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={isOn}
        onChange={({ currentTarget }) => onTurn(currentTarget.checked)}
      />
      {says}
    </label>
  );
}

function Zoom({ zoom, onZoom }: { zoom: number; onZoom: (zoom: number) => void }) {
  return (
    <span class="gantt-zoom" role="group" aria-label="Width">
      <button
        type="button"
        class="button"
        aria-label="Narrower"
        disabled={zoom === 0}
        onClick={() => onZoom(zoom - 1)}
      >
        −
      </button>
      <button
        type="button"
        class="button"
        aria-label="Wider"
        disabled={zoom === ZOOMS.length - 1}
        onClick={() => onZoom(zoom + 1)}
      >
        +
      </button>
    </span>
  );
}

/** Up and down go from row to row. */
function byArrows(event: KeyboardEvent): void {
  const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  const { currentTarget } = event;
  if (step === 0 || !(currentTarget instanceof HTMLElement)) return;
  const all = [...currentTarget.querySelectorAll("button")];
  const next = all[all.findIndex((each) => each.matches(":focus")) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}
