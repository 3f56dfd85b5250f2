/** Dead letters: causes first, each with how often and since when; the flat list is one key away. */

import { useEffect } from "preact/hooks";
import { useLocation } from "preact-iso/router";
import { api, got } from "../http/ask";
import { usePages } from "../http/pages";
import { Empty, Loading } from "../parts/empty";
import { AsOf } from "../parts/panel";
import { ProblemNote } from "../parts/problem";
import { useKeys } from "../state/keys";
import { useLive } from "../state/live";
import { page, to } from "../state/page";
import type { Listed, Page } from "../state/rows";
import { CauseList } from "./dead/causes";
import { Letters } from "./dead/letters";
import { dead } from "./dead/topic";
import { type Group, letters } from "./dead/words";

/** Where no topic tells that something has changed. */
const POLL_MS = 5_000;
/** Many die at the same time: the list is asked for once they have. */
const PAUSE_MS = 400;
const PAGE = 50;

const GROUPS: Listed<Group> = {
  idOf: ({ id }) => id,
  orderOf: ({ last_at, id }) => `${last_at} ${id}`,
};

const VIEWS: readonly (readonly [string, string, Readonly<Record<string, string>>])[] = [
  ["", "Open", {}],
  ["new", "New", { state: "new" }],
  ["regressed", "Regressed", { state: "regressed" }],
  ["mine", "Mine", { owner: page.user.key }],
  ["nobody", "Nobody's", { owner: "" }],
  ["all", "All", { with_closed: "true", with_snoozed: "true" }],
];

export function DeadScreen() {
  const { query, route } = useLocation();
  const isFlat = query["show"] === "letters";
  const flip = () => route(to("dead", isFlat ? {} : { show: "letters", q: "state:open" }));
  useKeys([{ keys: "l", says: isFlat ? "Causes" : "All letters, flat", run: flip }]);
  return isFlat ? (
    <Letters title="Dead letters" q={query["q"] ?? ""} onFlip={flip} />
  ) : (
    <Causes view={query["view"] ?? ""} onFlip={flip} />
  );
}

function Causes({ view, onFlip }: { view: string; onFlip: () => void }) {
  const live = useLive(dead);
  const [, , wanted] = VIEWS.find(([key]) => key === view) ?? ["", "", {}];
  const ask = (after: string, signal: AbortSignal): Promise<Page<Group>> =>
    got(api.GET("/groups", { params: { query: { ...wanted, after, limit: PAGE } }, signal }));
  const list = usePages(view, ask, GROUPS, { everyMs: live.value ? 0 : POLL_MS });
  const change = live.value?.change ?? 0;
  const { again } = list;
  useEffect(() => {
    if (change === 0) return;
    const timer = setTimeout(again, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [change, again]);
  return (
    <div class="screen">
      <header class="screen-head">
        <h1>Dead letters</h1>
        {live.value && (
          <p class="faint">
            {letters(live.value.letters)} in {live.value.groups.toLocaleString("en")}{" "}
            {live.value.groups === 1 ? "cause" : "causes"}
          </p>
        )}
        <nav class="views" aria-label="Views">
          {VIEWS.map(([key, title]) => (
            <a
              key={key}
              href={to("dead", { view: key })}
              aria-current={key === view ? "page" : undefined}
            >
              {title}
            </a>
          ))}
        </nav>
        <div class="screen-acts">
          <AsOf of={{ isLive: list.problem === null, asOf: list.asOf }} />
          <button type="button" class="button" onClick={onFlip}>
            Show letters <kbd>l</kbd>
          </button>
        </div>
      </header>
      {list.problem && <ProblemNote problem={list.problem} />}
      {list.rows.shown.length === 0 ? (
        list.isNew ? (
          <Loading />
        ) : (
          <NothingDead view={view} />
        )
      ) : (
        <CauseList list={list} />
      )}
      {list.rows.next && (
        <button type="button" class="button causes-more" onClick={list.more}>
          More
        </button>
      )}
    </div>
  );
}

function NothingDead({ view }: { view: string }) {
  if (view !== "") return <Empty title="No cause is in this view." />;
  return (
    <Empty title="Nothing is dead.">
      <p>
        What cannot be done after all its tries is kept here, grouped by its cause, with the
        tracebacks of its tries, until somebody replays or discards it.
      </p>
    </Empty>
  );
}
