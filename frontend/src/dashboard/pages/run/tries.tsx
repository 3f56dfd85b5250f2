/** The tries of a step: when, how long, how each ended, and what it logged. */

import { api, got, type Told } from "../../http/ask";
import { useAsked } from "../../http/use";
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

/** Between two questions while there may be more to come: ms. */
const AGAIN_MS = 2_000;
/** So long after the end of a step the last of its lines may still be on their way: ms. */
const SETTLED_MS = 10_000;

interface LogsProps {
  readonly runId: string;
  readonly row: Told["StepTold"];
}

/** The last lines that attempts have logged, those of the last attempt first. */
export function Logs({ runId, row }: LogsProps) {
  if (!may("view_payload")) {
    return (
      <p class="payload-closed">
        <Icon of="lock" /> To see what was logged you need <code>flowengine.view_payload</code>.
      </p>
    );
  }
  return <Logged runId={runId} row={row} />;
}

function Logged({ runId, row }: LogsProps) {
  const path = { run_id: runId, step: row.step };
  const params = { path, query: { item: row.item } };
  const isSettled = !!row.finished_at && Date.now() - Date.parse(row.finished_at) > SETTLED_MS;
  const kept = useAsked(
    `${runId} ${row.step} ${row.item}`,
    (signal) => got(api.GET("/runs/{run_id}/steps/{step}/logs", { params, signal })),
    { everyMs: isSettled ? 0 : AGAIN_MS, when: `${row.state} ${row.attempt}` },
  );
  const said = allLogs(row.failure?.tries ?? [], kept.value?.items ?? []);
  if (said.length === 0) return <p class="faint">{nothing(row, kept.value?.keeps)}</p>;
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

interface Log {
  readonly attempt: number;
  /** How the attempt failed; empty = it did not. */
  readonly code: string;
  readonly log: string;
}

/** Of attempts that failed the lines are with their tries; of all, where the project keeps them. */
export function allLogs(
  tries: readonly Told["TryTold"][],
  kept: readonly Told["LogTold"][],
): readonly Log[] {
  const failed = tries.filter(({ log }) => log);
  const known = new Set(failed.map(({ attempt }) => attempt));
  const others = kept.filter(({ attempt }) => !known.has(attempt));
  return [
    ...failed.map(({ attempt, code, log }) => ({ attempt, code, log: log ?? "" })),
    ...others.map(({ attempt, log }) => ({ attempt, code: "", log })),
  ].sort((one, other) => other.attempt - one.attempt);
}

function nothing(row: Told["StepTold"], keeps: "failed" | "all" | undefined): string {
  if (keeps === "all") return "No attempt has logged anything.";
  return row.failure
    ? "No attempt that failed has logged anything."
    : "The last lines that an attempt logs are kept where it fails; with KEEP_LOGS, of all attempts.";
}
