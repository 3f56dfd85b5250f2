/** The line in words: the same as the picture, for every reader and for the keyboard. */

import type { RunState, StepState } from "../../../client/views";
import { Icon } from "../../parts/glyphs";
import { lookOf, State } from "../../parts/state";
import { Time, Took } from "../../parts/time";
import { everyStep } from "./steps";

interface Props {
  readonly run: RunState;
  readonly chosen: string;
  readonly onChoose: (step: string) => void;
}

export function Outline({ run, chosen, onChoose }: Props) {
  return (
    <ol class="outline">
      {everyStep(run).map(({ step, depth, role }) => (
        <li key={step.id} style={{ paddingInlineStart: `${depth * 20}px` }}>
          <button
            type="button"
            class="outline-step"
            aria-current={step.id === chosen ? "step" : undefined}
            data-tone={lookOf(step.state).tone}
            onClick={() => onChoose(step.id)}
          >
            <Icon of={lookOf(step.state).icon} />
            <span class="outline-name">
              {step.title}
              {role && <small> {role}</small>}
            </span>
            <span class="outline-note">
              <Note step={step} />
            </span>
            <span class="outline-state">
              <State of={step.state} />
            </span>
            <span class="outline-took">
              {step.startedAt ? <Took from={step.startedAt} to={step.finishedAt} /> : ""}
            </span>
          </button>
        </li>
      ))}
    </ol>
  );
}

/** What else is to be known of it: tries, items, what it waits for. */
function Note({ step }: { step: StepState }) {
  const { counts, answers, tries, triesMax, dueAt, note } = step;
  return (
    <>
      {counts &&
        `${counts.done}/${counts.total} items${counts.failed ? `, ${counts.failed} failed` : ""} `}
      {answers && `${answers.given} of ${answers.wanted} answers `}
      {tries > 1 && `try ${tries} of ${triesMax} `}
      {note && `${note} `}
      {dueAt && (
        <>
          until <Time at={dueAt} />
        </>
      )}
    </>
  );
}
