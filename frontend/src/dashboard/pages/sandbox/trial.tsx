/** What the text would do with a stored event: up to the first tasks, whose results nobody knows. */

import { fieldsIn } from "../../../client/fields";
import { api, got, type Told } from "../../http/ask";
import { useAsked } from "../../http/use";
import { Id } from "../../parts/copy";
import { ProblemNote } from "../../parts/problem";
import { State } from "../../parts/state";
import { now } from "../../state/link";
import { may, to } from "../../state/page";
import { clock, zone } from "../../state/time";
import { Triggers } from "../events/clauses";
import { outcomeOf } from "../events/pipeline";

type Trial = Told["TrialTold"];
type Began = Told["BeganTold"];

const RECENT = 30;
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;
const STATES = {
  ready: ["queued", "would run"],
  waiting: ["waiting", "would wait"],
  skipped: ["skipped", "skipped"],
  opened: ["running", "opens"],
  succeeded: ["succeeded", "done at once"],
  failed: ["failed", "fails"],
} as const;

interface Props {
  /** The last text that is fit; empty: there was none yet. */
  readonly text: string;
  /** The text has changed since, and is not fit. */
  readonly isOld: boolean;
  readonly event: string;
  readonly onEvent: (id: string) => void;
}

export function TrialOf({ text, isOld, event, onEvent }: Props) {
  const isPermitted = may("view_payload") && may("view_eventrecord");
  const isEvent = UUID.test(event);
  const asked = useAsked(
    `trial with ${event}`,
    (signal) => {
      const params = { path: { event_id: event } };
      return got(api.POST("/events/{event_id}/trial", { params, body: { source: text }, signal }));
    },
    { isOn: isPermitted && isEvent && text !== "", when: text },
  );
  if (!isPermitted) {
    return (
      <p class="faint">
        To try it with an event you need flowengine.view_eventrecord and flowengine.view_payload.
      </p>
    );
  }
  return (
    <div class="trial">
      <Choice event={event} onEvent={onEvent} />
      {event !== "" && !isEvent && <p class="faint">That is no id of an event.</p>}
      {text === "" && <p class="faint">It can be tried once the text is fit.</p>}
      {asked.problem && <ProblemNote problem={asked.problem} />}
      {asked.value && (
        <div data-old={isOld || null} class="trial-told">
          <Said of={asked.value} event={event} />
        </div>
      )}
    </div>
  );
}

function Choice({ event, onEvent }: Pick<Props, "event" | "onEvent">) {
  const recent = useAsked("recent events", (signal) =>
    got(api.GET("/events", { params: { query: { limit: RECENT } }, signal })),
  );
  const items = recent.value?.items ?? [];
  return (
    <div class="trial-choice">
      <label class="field">
        <span>A stored event</span>
        <select
          value={items.some(({ id }) => id === event) ? event : ""}
          onChange={({ currentTarget }) => onEvent(currentTarget.value)}
        >
          <option value="">One of the newest …</option>
          {items.map(({ id, type, subject, created_at: at }) => (
            <option key={id} value={id}>
              {[type, subject, clock(Date.parse(at), now.value, zone.value)]
                .filter(Boolean)
                .join(" · ")}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>or its id</span>
        <input
          type="text"
          spellcheck={false}
          autocomplete="off"
          value={event}
          onInput={({ currentTarget }) => onEvent(currentTarget.value.trim())}
        />
      </label>
    </div>
  );
}

function Said({ of: trial, event }: { of: Trial; event: string }) {
  const [look, word] = outcomeOf(trial.outcome);
  const keys = Object.entries(trial.keys);
  return (
    <>
      <p class="explained-head">
        <State of={look} word={word} />
        <Id id={event} href={to(`events/${event}`)} />
        {trial.title && <strong>{trial.title}</strong>}
        <span class="faint">{trial.detail}</span>
      </p>
      <Triggers of={fieldsIn(trial.triggers)} />
      {trial.inputs !== null && trial.inputs !== undefined && (
        <Value title="Inputs" of={trial.inputs} />
      )}
      {keys.map(([gate, key]) => (
        <p key={gate} class="faint">
          Its {gate} key would be <code>{key || "one for all"}</code>.
        </p>
      ))}
      {trial.steps.length > 0 && (
        <ol class="trial-steps">
          {trial.steps.map((each) => (
            <li key={`${each.step} ${each.item} ${each.state}`}>
              <Step of={each} />
            </li>
          ))}
        </ol>
      )}
      {trial.emits.map(({ type, data }, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two may be alike
        <Value key={at} title={`It would publish ${type}`} of={data} />
      ))}
      {trial.outcome === "match" && (
        <p class="faint">
          {trial.ended
            ? `No task is needed: the run would have ${trial.ended}.`
            : "What comes after that depends on what the tasks give. Nothing was done."}
        </p>
      )}
    </>
  );
}

function Step({ of: { step, item, state, kind, task, station, given, why } }: { of: Began }) {
  const [look, word] = STATES[state];
  return (
    <>
      <p class="explained-head">
        <State of={look} word={word} />
        <strong>
          {step}
          {item && `[${item}]`}
        </strong>
        <span class="faint">{task ? `${task} at ${station}` : kind.replaceAll("_", " ")}</span>
        {why && <span>{why}</span>}
        {state === "opened" && typeof given === "number" && (
          <span class="faint">{given} inside</span>
        )}
      </p>
      {state !== "opened" && given !== null && given !== undefined && <Json of={given} />}
    </>
  );
}

function Value({ title, of }: { title: string; of: unknown }) {
  return (
    <div>
      <p>{title}</p>
      <Json of={of} />
    </div>
  );
}

function Json({ of }: { of: unknown }) {
  return <pre class="trial-json">{JSON.stringify(of, null, 2)}</pre>;
}
