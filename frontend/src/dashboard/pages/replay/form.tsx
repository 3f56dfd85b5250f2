/** How and how fast: the fields of a replay that is prepared. Each says at once what is wrong with it. */

import type { ComponentChildren } from "preact";
import type { Told } from "../../http/ask";
import { may } from "../../state/page";
import { MODES, type Request } from "./request";

type Put = (name: string, value: string) => void;

interface Props {
  readonly request: Request;
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly kind: string;
  readonly put: Put;
}

export function How({ request, query, kind, put }: Props) {
  const modes = kind === "event" ? MODES.filter(({ mode }) => mode === "event") : MODES;
  return (
    <>
      <fieldset class="modes">
        <legend class="hidden-text">From where</legend>
        {modes.map(({ mode, title, says }) => (
          <label key={mode} class="mode">
            <input
              type="radio"
              name="mode"
              checked={request.mode === mode}
              onChange={() => put("mode", mode)}
            />
            <span>
              <strong>{title}</strong>
              <small>{says}</small>
            </span>
          </label>
        ))}
      </fieldset>
      <Edits request={request} query={query} put={put} />
      <div class="checks">
        <Check name="quiet" query={query} put={put}>
          Tell nobody: the new runs are shown to no one whom <code>notify</code> names
        </Check>
        <Check name="even" query={query} put={put}>
          Also what has succeeded since it failed
        </Check>
        <Check name="new_keys" query={query} put={put} permission="replay_new_keys">
          New idempotency keys: what was paid is paid once more
        </Check>
      </div>
    </>
  );
}

function Edits({ request, query, put }: Omit<Props, "kind">) {
  if (!may("edit_dead_letter") || !may("view_payload")) {
    return <p class="faint">To change what goes in you need edit_dead_letter and view_payload.</p>;
  }
  if (request.mode !== "resume") {
    return (
      <>
        {request.mode === "event" && (
          <Text
            name="workflow"
            title="Only for one workflow"
            hint="Empty: the one that a dead letter names, else all; * is all."
            {...{ request, query, put }}
          />
        )}
        <Text
          name="edit"
          title="Change the data of each"
          hint={'A line each: /gateway = "eu-2" puts, - /coupon takes away.'}
          rows={3}
          {...{ request, query, put }}
        />
      </>
    );
  }
  return (
    <>
      <Text
        name="set"
        title="Correct inputs of the failed step"
        hint="A line each: amount = 12"
        rows={2}
        {...{ request, query, put }}
      />
      <Text
        name="output"
        title="It was done by hand and has left"
        hint="A JSON value; the step is not run."
        {...{ request, query, put }}
      />
      <div class="checks">
        <Check name="skip" query={query} put={put}>
          Skip the failed step
        </Check>
      </div>
    </>
  );
}

interface TextProps extends Omit<Props, "kind"> {
  readonly name: string;
  readonly title: string;
  readonly hint: string;
  readonly rows?: number;
}

function Text({ name, title, hint, rows = 1, request, query, put }: TextProps) {
  const wrong = request.wrong[name];
  return (
    <label class="field">
      <span>{title}</span>
      <textarea
        class="mono"
        rows={rows}
        spellcheck={false}
        aria-invalid={wrong !== undefined}
        value={query[name] ?? ""}
        onInput={({ currentTarget }) => put(name, currentTarget.value)}
      />
      <small data-loud={wrong !== undefined || null}>{wrong ?? hint}</small>
    </label>
  );
}

interface CheckProps {
  readonly name: string;
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly put: Put;
  readonly permission?: string;
  readonly children: ComponentChildren;
}

function Check({ name, query, put, permission, children }: CheckProps) {
  const isForbidden = permission !== undefined && !may(permission);
  return (
    <label class="check-line">
      <input
        type="checkbox"
        checked={query[name] === "1"}
        disabled={isForbidden}
        onChange={({ currentTarget }) => put(name, currentTarget.checked ? "1" : "")}
      />
      <span>
        {children}
        {isForbidden && <small>You need flowengine.{permission}.</small>}
      </span>
    </label>
  );
}

const PACE: readonly (readonly [keyof Told["PaceGiven"], string, string])[] = [
  ["canary", "Canary", "so many first; one that fails stops all"],
  ["rate", "Per second", "then so fast"],
  ["in_flight", "In flight", "at most so many that have not ended"],
  ["stop_percent", "Stop at %", "of failures; 100 = never"],
  ["stop_in_row", "Stop after", "failures in a row; 0 = never"],
];

export function Pace({ request, put }: Pick<Props, "request" | "put">) {
  return (
    <div class="pace">
      {PACE.map(([name, title, hint]) => (
        <label key={name} class="field">
          <span>{title}</span>
          <input
            type="number"
            min="0"
            step={name === "rate" || name === "stop_percent" ? "any" : "1"}
            value={request.pace[name]}
            onChange={({ currentTarget }) => put(name, currentTarget.value)}
          />
          <small>{hint}</small>
        </label>
      ))}
    </div>
  );
}
