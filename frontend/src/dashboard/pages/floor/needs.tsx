/** The on-call list: what needs somebody, and where it is seen to. */

import { type Glyph, Icon } from "../../parts/glyphs";
import { Time } from "../../parts/time";
import { useLive } from "../../state/live";
import { may, to } from "../../state/page";
import { type Need, needsOf } from "./topic";

interface Look {
  readonly icon: Glyph;
  readonly tone: string;
  readonly place: string;
}

const LOOKS: ReadonlyMap<string, Look> = new Map([
  ["held", { icon: "held", tone: "held", place: "runs" }],
  ["approvals", { icon: "approvals", tone: "wait", place: "approvals" }],
  ["paused", { icon: "held", tone: "held", place: "stations" }],
  ["capped", { icon: "held", tone: "plain", place: "stations" }],
  ["parked", { icon: "failed", tone: "bad", place: "stations" }],
  ["unrouted", { icon: "events", tone: "retry", place: "events" }],
  ["causes_new", { icon: "dead", tone: "dead", place: "dead" }],
  ["causes_regressed", { icon: "dead", tone: "bad", place: "dead" }],
  ["causes_open", { icon: "dead", tone: "dead", place: "dead" }],
  ["resting", { icon: "held", tone: "held", place: "workers" }],
  ["silent", { icon: "warning", tone: "bad", place: "workers" }],
  ["unserved", { icon: "warning", tone: "bad", place: "stations" }],
  ["skew", { icon: "warning", tone: "retry", place: "workers" }],
]);
const PLAIN: Look = { icon: "warning", tone: "plain", place: "" };

interface Props {
  readonly needs: readonly Need[];
  readonly lastFailureAt: string | null;
  /** Less is shown below: say that this is of all. */
  readonly isOfAll: boolean;
}

/** What the topics besides the floor's own say; undefined as long as one of them has not spoken. */
export function useOtherNeeds(): readonly Need[] | undefined {
  const dead = useNeeds("dead", "view_dead_letter");
  const workers = useNeeds("workers", "view_workerrecord");
  return dead && workers && [...dead, ...workers];
}

function useNeeds(topic: string, permission: string): readonly Need[] | undefined {
  const source = may(permission) ? needsOf(topic) : null;
  const { value, failure } = useLive(source);
  return source === null || failure ? [] : value;
}

export function Needs({ needs: all, lastFailureAt, isOfAll }: Props) {
  return (
    <section class="needs" aria-label="Needs you">
      <h2>Needs you</h2>
      {isOfAll && <p class="faint">in all workflows</p>}
      {all.length === 0 ? (
        <p class="faint">
          Nothing needs you.{" "}
          {lastFailureAt ? (
            <>
              Last failure <Time at={lastFailureAt} />.
            </>
          ) : (
            "Nothing has failed yet."
          )}
        </p>
      ) : (
        <ul>
          {all.map((need) => (
            <li key={`${need.kind} ${need.subject}`}>
              <One need={need} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function One({ need }: { need: Need }) {
  const { icon, tone, place } = LOOKS.get(need.kind) ?? PLAIN;
  return (
    <a class="need" data-tone={tone} href={to(place, { q: need.q ?? "" })}>
      <Icon of={icon} />
      <span>{need.text}</span>
      {need.since && (
        <span class="faint">
          <Time at={need.since} />
        </span>
      )}
    </a>
  );
}
