/** The tries of a step: when, how long, how each ended, and what it logged. */

import type { Told } from "../../http/ask";
import { Copy } from "../../parts/copy";
import { Icon } from "../../parts/glyphs";
import { Time } from "../../parts/time";
import { may } from "../../state/page";
import { span } from "../../state/time";

/** Each try that is known: when, how long, and how it ended. */
export function Tries({ row }: { row: Told["StepTold"] }) {
  const tries = row.failure?.tries ?? [];
  return (
    <div class="tries">
      <p class="faint">
        {row.tries} {row.tries === 1 ? "try" : "tries"}
        {row.crashes > 0 && `, ${row.crashes} of them ended with their worker`}
        {row.state === "succeeded" && ". The last one succeeded."}
      </p>
      <ol>
        {tries.map((each) => (
          <li key={each.attempt}>
            <span class="state" data-tone="bad">
              <Icon of="failed" />
              <span>{each.attempt}</span>
            </span>
            <Time at={each.started_at} isClock />
            <span class="faint">
              {each.started_at && each.ended_at
                ? span(Date.parse(each.ended_at) - Date.parse(each.started_at))
                : ""}
            </span>
            <span>
              {each.code}
              {each.message ? `: ${each.message}` : ""}
            </span>
          </li>
        ))}
      </ol>
    </div>
  );
}

/** The last lines that each failed try has logged, the last try first. */
export function Logs({ row }: { row: Told["StepTold"] }) {
  if (!may("view_payload")) {
    return (
      <p class="payload-closed">
        <Icon of="lock" /> To see what was logged you need <code>flowengine.view_payload</code>.
      </p>
    );
  }
  const said = (row.failure?.tries ?? []).filter(({ log }) => log).toReversed();
  if (said.length === 0) {
    return (
      <p class="faint">
        {row.failure
          ? "No attempt that failed has logged anything."
          : "The last lines that an attempt logs are kept where it fails."}
      </p>
    );
  }
  return (
    <div class="logs">
      {said.map(({ attempt, code, log }) => (
        <section key={attempt}>
          <h3>
            Attempt {attempt} <span class="faint">{code}</span>
          </h3>
          <div class="payload">
            <div class="payload-acts">
              <Copy text={log} says="the log" />
            </div>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
            <pre tabIndex={0}>{log}</pre>
          </div>
        </section>
      ))}
    </div>
  );
}
