/** Schedules: when workflows start by the clock, what the last tick became, and the next five. */

import { api, got, type Told } from "../http/ask";
import { usePages } from "../http/pages";
import { type Act, Acts } from "../parts/act";
import { Id } from "../parts/copy";
import { Empty, Loading } from "../parts/empty";
import { Fact } from "../parts/facts";
import { AsOf } from "../parts/panel";
import { ProblemNote } from "../parts/problem";
import { State } from "../parts/state";
import { Time } from "../parts/time";
import { now } from "../state/link";
import { to } from "../state/page";
import type { Listed, Page } from "../state/rows";
import { switchAct } from "./definitions/switch";
import { outcomeOf } from "./events/pipeline";

type Schedule = Told["ScheduleTold"];

const POLL_MS = 10_000;
/** A beat that has not told a tick by then is late. */
const LATE_MS = 60_000;

const SCHEDULES: Listed<Schedule> = { idOf: ({ workflow, trigger }) => `${workflow} ${trigger}` };

export function SchedulesScreen() {
  const ask = (after: string, signal: AbortSignal): Promise<Page<Schedule>> =>
    got(api.GET("/schedules", { params: { query: { after, limit: 200 } }, signal }));
  const list = usePages("", ask, SCHEDULES, { everyMs: POLL_MS });
  const { shown: items, next } = list.rows;
  return (
    <div class="screen">
      <header class="screen-head">
        <h1>Schedules</h1>
        <p class="faint">They stand in the files of the workflows, as triggers.</p>
        <div class="screen-acts">
          <AsOf of={{ isLive: list.problem === null, asOf: list.asOf }} />
        </div>
      </header>
      {list.problem && <ProblemNote problem={list.problem} />}
      {list.isNew && <Loading />}
      {!list.isNew && items.length === 0 && !list.problem && <NoSchedules />}
      <ul class="schedules">
        {items.map((each) => (
          <li key={SCHEDULES.idOf(each)} class="panel schedule">
            <One of={each} again={list.again} />
          </li>
        ))}
      </ul>
      {next && (
        <button type="button" class="button" onClick={list.more}>
          More
        </button>
      )}
    </div>
  );
}

function One({ of: schedule, again }: { of: Schedule; again: () => void }) {
  const { workflow, cron, words, timezone, missed, is_enabled: isEnabled } = schedule;
  const act: Act = switchAct({ name: workflow, isEnabled, hasSchedules: true, done: again });
  return (
    <>
      <header class="schedule-head">
        <h2>
          <a href={to(`definitions/${encodeURIComponent(workflow)}`)}>{workflow}</a>
        </h2>
        <p>
          {words} <code class="faint">{cron}</code>
        </p>
        <div class="panel-acts">
          {!isEnabled && <State of="paused" word="disabled" />}
          <Acts acts={[act]} />
        </div>
      </header>
      <dl class="facts">
        <Fact title="By the clock of">{timezone}</Fact>
        <Fact title="Ticks that were missed">
          {missed === "once" ? "told once, together" : "skipped"}
        </Fact>
        <Fact title="Last">
          <Last of={schedule} />
        </Fact>
      </dl>
      <Next of={schedule} />
    </>
  );
}

function Last({ of }: { of: Schedule }) {
  const { ticked_at: at, event_id: event, outcome, run_id: run, run_state: state } = of;
  if (!at) return <span class="faint">none yet</span>;
  const [look, word] = outcomeOf(outcome);
  return (
    <span class="schedule-last">
      <Time at={at} />
      {event && <Id id={event} href={to(`events/${event}`)} />}
      {run ? (
        <>
          <State of={state} /> <Id id={run} href={to(`runs/${run}`)} />
        </>
      ) : (
        outcome && <State of={look} word={word} />
      )}
    </span>
  );
}

function Next({ of }: { of: Schedule }) {
  const { next, due_at: due, is_enabled: isEnabled } = of;
  const isLate = due !== null && now.value - Date.parse(due) > LATE_MS;
  if (next.length === 0) {
    return (
      <p class="faint">
        There is no next tick, or the time zone is not installed here: run <code>flow sync</code>{" "}
        where it is.
      </p>
    );
  }
  return (
    <div class="schedule-next">
      <span class="faint">{isEnabled ? "Next" : "Would come"}</span>
      <ol>
        {next.map((at) => (
          <li key={at}>
            <Time at={at} isClock />
          </li>
        ))}
      </ol>
      {isLate && isEnabled && (
        <span class="state" data-tone="retry">
          the tick of <Time at={due} isClock /> is late: is a beat running?
        </span>
      )}
    </div>
  );
}

function NoSchedules() {
  return (
    <Empty
      title="No workflow starts by the clock."
      code={'on:\n  schedule: "0 9 * * 1-5"\n  timezone: Europe/Berlin'}
    >
      <p>
        Write it into a workflow's file; <code>flow sync</code> takes it up.
      </p>
    </Empty>
  );
}
