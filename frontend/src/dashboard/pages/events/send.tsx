/** Sending a test event: by hand, with a reason, marked for ever, and then to its page. */

import { useId, useState } from "preact/hooks";
import { useLocation } from "preact-iso/router";
import { api, got, keyed, Refused } from "../../http/ask";
import { useAsked } from "../../http/use";
import { type Act, Acts } from "../../parts/act";
import { may, to } from "../../state/page";
import { quoted } from "../../state/query";
import { placeOf, readJson, type TextPlace } from "./json-places";

interface Mark {
  readonly place: string;
  readonly message: string;
  readonly at: TextPlace | undefined;
}

interface Props {
  /** What is sent unless somebody writes another. */
  readonly type?: string;
  readonly subject?: string;
  /** As text. */
  readonly data?: string;
  /** `Send a test event…`. */
  readonly label?: string;
}

/** The button and its dialog. */
export function SendTest({ label = "Send a test event…", ...given }: Props) {
  const { route } = useLocation();
  const [type, setType] = useState(given.type ?? "");
  const [subject, setSubject] = useState(given.subject ?? "");
  const [data, setData] = useState(given.data ?? "{}");
  const [marks, setMarks] = useState<readonly Mark[]>([]);
  const read = readJson(data);
  const act: Act = {
    label,
    permission: "send_test_event",
    title: "Send a test event",
    says: (
      <p>
        It is an event like any other: workflows start on it, and their tasks do what they do. Its
        key begins with <code>test:</code>, and you are its actor.
      </p>
    ),
    reason: "required",
    confirm: "Send it",
    incomplete:
      type.trim() === ""
        ? "Say which type."
        : read.kind === "broken"
          ? "The data is no JSON."
          : undefined,
    fields: (
      <SendFields
        type={type}
        subject={subject}
        data={data}
        marks={
          read.kind === "broken" ? [{ place: "", message: `${read.says}.`, at: read.at }] : marks
        }
        onType={setType}
        onSubject={setSubject}
        onData={(text) => {
          setData(text);
          setMarks([]);
        }}
      />
    ),
    run: async ({ reason, key }) => {
      if (read.kind === "broken") return read.says;
      const body = { type: type.trim(), data: read.value, subject: subject.trim() || null, reason };
      try {
        const sent = await got(api.POST("/events/test", { params: { header: keyed(key) }, body }));
        route(to(`events/${sent.id}`));
        return "The test event was sent.";
      } catch (error) {
        if (error instanceof Refused) setMarks(marksOf(error, data));
        throw error;
      }
    },
  };
  return <Acts acts={[act]} />;
}

/** What the schema refuses, with its place in the text. */
function marksOf({ problem }: Refused, text: string): readonly Mark[] {
  return problem.errors
    .filter(({ place }) => /^data(?:[.[]|$)/.test(place))
    .map(({ place, message }) => {
      const at = placeOf(text, `$${place.slice("data".length)}`);
      return { place, message, at };
    });
}

interface FieldsProps {
  readonly type: string;
  readonly subject: string;
  readonly data: string;
  readonly marks: readonly Mark[];
  readonly onType: (text: string) => void;
  readonly onSubject: (text: string) => void;
  readonly onData: (text: string) => void;
}

function SendFields({ type, subject, data, marks, onType, onSubject, onData }: FieldsProps) {
  const id = useId();
  const known = useAsked("types", (signal) =>
    got(api.GET("/event-types", { params: { query: { limit: 200 } }, signal })),
  );
  const names = known.value?.items.map((each) => each.type) ?? [];
  const isKnown = names.includes(type.trim());
  return (
    <>
      <label class="field">
        <span>Type</span>
        <input
          type="text"
          list={`${id}-types`}
          required
          maxLength={200}
          spellcheck={false}
          autocomplete="off"
          placeholder="order.placed"
          value={type}
          onInput={({ currentTarget }) => onType(currentTarget.value)}
        />
        <datalist id={`${id}-types`}>
          {names
            .filter((name) => !name.startsWith("flowengine."))
            .map((name) => (
              <option key={name} value={name} />
            ))}
        </datalist>
        <small>
          {type.trim() !== "" && known.value && !isKnown
            ? "Nobody has heard of this type yet."
            : "Types that are known are offered while you write."}
        </small>
      </label>
      <label class="field">
        <span>Subject</span>
        <input
          type="text"
          maxLength={200}
          placeholder="order:1042"
          value={subject}
          onInput={({ currentTarget }) => onSubject(currentTarget.value)}
        />
      </label>
      <div class="field">
        <label htmlFor={`${id}-data`}>Data, as JSON</label>
        <textarea
          id={`${id}-data`}
          class="code"
          rows={8}
          spellcheck={false}
          aria-invalid={marks.length > 0}
          aria-describedby={`${id}-marks`}
          value={data}
          onInput={({ currentTarget }) => onData(currentTarget.value)}
        />
        <ul class="marks" id={`${id}-marks`} hidden={marks.length === 0}>
          {marks.map(({ place, message, at }) => (
            <li key={`${place} ${message}`} data-tone="bad">
              {at && (
                <strong class="mark-code">
                  Line {at.line}, column {at.column}
                </strong>
              )}
              {place && <code>{place}</code>} {message}
            </li>
          ))}
        </ul>
        {isKnown && <Templates type={type.trim()} onData={onData} />}
      </div>
    </>
  );
}

/** The schema of the type, and the data of the last event of it to begin with. */
function Templates({ type, onData }: { type: string; onData: (text: string) => void }) {
  const asked = useAsked(type, (signal) =>
    got(api.GET("/event-types/{type}", { params: { path: { type } }, signal })),
  );
  const schema = asked.value?.data_schema;
  const last = async () => {
    const page = await got(
      api.GET("/events", { params: { query: { q: `type:${quoted(type)}`, limit: 1 } } }),
    );
    const [newest] = page.items;
    if (!newest) return;
    const path = { event_id: newest.id };
    const said = await got(api.GET("/events/{event_id}/data", { params: { path } }));
    onData(JSON.stringify(said.data, null, 2));
  };
  return (
    <div class="templates">
      {asked.value && (asked.value.last_at || asked.value.sources.length > 0) && (
        <button
          type="button"
          class="button"
          disabled={!may("view_payload")}
          title={may("view_payload") ? undefined : "You need flowengine.view_payload."}
          onClick={() => void last().catch(() => undefined)}
        >
          Take the data of the last one
        </button>
      )}
      {schema ? (
        <details>
          <summary>Its schema</summary>
          <pre class="schema">{JSON.stringify(schema, null, 2)}</pre>
        </details>
      ) : (
        asked.value && <small class="faint">No schema is registered: any data will do.</small>
      )}
    </div>
  );
}
