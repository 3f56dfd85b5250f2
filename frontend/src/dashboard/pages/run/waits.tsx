/** Why a run does not go on: a sentence for each reason, since when, until when, and what helps. */

import type { Told } from "../../http/ask";
import { byFlow } from "../../parts/command";
import { Copy } from "../../parts/copy";
import { type Glyph, Icon } from "../../parts/glyphs";
import { AsOf, type Fresh } from "../../parts/panel";
import { Time } from "../../parts/time";
import { now } from "../../state/link";
import { page } from "../../state/page";
import { relative, span } from "../../state/time";

type Wait = Told["WaitTold"];

/** In these somebody has to do something, or nothing goes on. */
const PRESSING: ReadonlySet<string> = new Set(["held", "unserved", "paused", "parked"]);
const ICONS: Readonly<Record<string, Glyph>> = {
  held: "held",
  holding: "held",
  paused: "held",
  retry: "retrying",
  unserved: "warning",
  parked: "warning",
  approval: "approvals",
  event: "events",
};

interface Props {
  readonly waits: readonly Wait[];
  readonly fresh: Fresh;
  readonly onChoose: (step: string) => void;
}

export function Waits({ waits, fresh, onChoose }: Props) {
  if (waits.length === 0) return null;
  return (
    <section class="waits" aria-label="Why it waits">
      <ul>
        {waits.map((wait) => (
          <li
            key={`${wait.cause} ${wait.step} ${wait.item}`}
            data-tone={PRESSING.has(wait.cause) ? "held" : "wait"}
            data-cause={wait.cause}
          >
            <Icon of={ICONS[wait.cause] ?? "waiting"} />
            <One wait={wait} onChoose={onChoose} />
          </li>
        ))}
      </ul>
      <AsOf of={fresh} />
    </section>
  );
}

function One({ wait, onChoose }: { wait: Wait; onChoose: (step: string) => void }) {
  const { step, title, text, others, since, until, until_word, act } = wait;
  return (
    <>
      <p class="wait-text">
        {step && (
          <button type="button" class="link" onClick={() => onChoose(step)}>
            {title}
          </button>
        )}
        {step && ": "}
        {text}
        {others > 0 && ` So do ${others.toLocaleString("en")} more items.`}{" "}
        <span class="faint">
          {since && <>For {span(Math.max(0, now.value - Date.parse(since)))}. </>}
          {until && (
            <>
              {until_word.charAt(0).toUpperCase() + until_word.slice(1)} <Time at={until} isClock />
              {left(until)}.
            </>
          )}
        </span>
      </p>
      {act && (
        <span class="wait-act">
          {act.place && (
            <a class="button" href={hrefOf(act.place)}>
              {act.label}
            </a>
          )}
          {act.command && <Copy text={byFlow(act.command)} says="the command" />}
        </span>
      )}
    </>
  );
}

/** `, in 4 min`; nothing where it is over or far away. */
function left(until: string): string {
  const at = Date.parse(until);
  const word = at > now.value ? relative(at, now.value) : null;
  return word && word !== "now" ? `, ${word}` : "";
}

/** The address of a place that the server names, `runs?q=workflow:order state:running`. */
export function hrefOf(place: string): string {
  const [path = "", search = ""] = place.split("?", 2);
  return `${page.base}${path}${search && `?${new URLSearchParams(search)}`}`;
}
