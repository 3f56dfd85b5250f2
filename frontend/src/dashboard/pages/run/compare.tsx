/** What went into a step, or came out of it, beside the same of the last run of the workflow that succeeded. */

import { api, got } from "../../http/ask";
import { useAsked } from "../../http/use";
import { Id } from "../../parts/copy";
import { DiffOf } from "../../parts/diff";
import { Loading } from "../../parts/empty";
import { ProblemNote } from "../../parts/problem";
import { Time } from "../../parts/time";
import { to } from "../../state/page";
import { quoted } from "../../state/query";

interface Props {
  readonly workflow: string;
  readonly runId: string;
  readonly step: string;
  readonly item: string;
  readonly side: "input" | "output";
}

/** Lines of both, `-` those of the run that succeeded. */
export function Compared({ workflow, runId, step, item, side }: Props) {
  const asked = useAsked(`${runId} ${step} ${item} ${side}`, async (signal) => {
    const q = `workflow:${quoted(workflow)} state:succeeded`;
    const found = await got(api.GET("/runs", { params: { query: { q, limit: 2 } }, signal }));
    const good = found.items.find(({ id }) => id !== runId);
    if (!good) return null;
    const [was, is] = await Promise.all(
      [good.id, runId].map(async (id) => {
        const params = { path: { run_id: id, step }, query: { item } };
        const read = got(api.GET("/runs/{run_id}/steps/{step}/payload", { params, signal }));
        return textOf((await read)[side]);
      }),
    );
    return { good, was: was ?? "", is: is ?? "" };
  });
  if (asked.problem?.status === 404) {
    return <p class="faint">This step was not in the last run that succeeded.</p>;
  }
  if (asked.problem) return <ProblemNote problem={asked.problem} />;
  if (asked.value === undefined) return <Loading />;
  if (asked.value === null) return <p class="faint">No other run of it has succeeded.</p>;
  const { good, was, is } = asked.value;
  return (
    <section class="compared" aria-label="Compared with the last good run">
      <p>
        Compared with <Id id={good.id} href={to(`runs/${good.id}`, { step })} />, which succeeded{" "}
        <Time at={good.finished_at} />
        {was === is && ": it is the same."}
      </p>
      {was !== is && <DiffOf was={was} is={is} />}
    </section>
  );
}

/** A value as lines, members in the order of their names: those that only stand elsewhere are no difference. */
export function textOf(value: unknown): string {
  return JSON.stringify(value, sorted, 2) ?? "";
}

function sorted(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
