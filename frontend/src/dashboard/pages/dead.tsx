/** Dead letters: causes first, each with how often and since when; the flat list is one key away. */

import { useEffect, useRef, useState } from "preact/hooks";
import { useLocation } from "preact-iso/router";
import { api, got } from "../http/ask";
import { usePages } from "../http/pages";
import { Empty, Loading } from "../parts/empty";
import { Icon } from "../parts/glyphs";
import { AsOf } from "../parts/panel";
import { ProblemNote } from "../parts/problem";
import { State } from "../parts/state";
import { Time } from "../parts/time";
import { useKeys } from "../state/keys";
import { useLive } from "../state/live";
import { page, to } from "../state/page";
import type { Listed, Page } from "../state/rows";
import { Hours } from "./dead/hours";
import { Letters } from "./dead/letters";
import { dead } from "./dead/topic";
import { causeOf, type Group, letters, placeOf } from "./dead/words";

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
        <CauseList groups={list.rows.shown} />
      )}
      {list.rows.waiting.length > 0 && (
        <button type="button" class="news" onClick={list.release}>
          ▲ {list.rows.waiting.length} new
        </button>
      )}
      {list.rows.next && (
        <button type="button" class="button causes-more" onClick={list.more}>
          More
        </button>
      )}
    </div>
  );
}

function CauseList({ groups }: { groups: readonly Group[] }) {
  const [at, setAt] = useState(-1);
  const root = useRef<HTMLUListElement>(null);
  const go = (next: number) => {
    const bound = Math.max(0, Math.min(groups.length - 1, next));
    setAt(bound);
    root.current?.querySelectorAll<HTMLAnchorElement>(".cause-link")[bound]?.focus();
  };
  useKeys([
    { keys: "j", says: "Next cause", run: () => go(at + 1) },
    { keys: "k", says: "Cause before", run: () => go(at - 1) },
  ]);
  return (
    <ul class="causes" ref={root}>
      {groups.map((group, place) => (
        <li key={group.id} class="cause" onFocusCapture={() => setAt(place)}>
          <p class="cause-count" title={`${group.count.toLocaleString("en")} in all`}>
            <Icon of="dead" />
            <strong>{group.open_count.toLocaleString("en")}</strong>
          </p>
          <div class="cause-what">
            <a class="cause-link" href={to(`dead/${group.id}`)}>
              {causeOf(group)}
            </a>
            <p class="faint">
              {[placeOf(group), group.workflow && `workflow ${group.workflow}`, group.code]
                .filter(Boolean)
                .join(" · ")}
            </p>
            {group.note && <p class="cause-note">{group.note}</p>}
          </div>
          <Hours counts={group.hours} />
          <div class="cause-when">
            <State
              of={group.state === "new" ? "open" : group.state}
              word={group.state === "new" ? "new" : undefined}
            />
            <p class="faint">
              last <Time at={group.last_at} />
              {" · first "}
              <Time at={group.first_at} />
            </p>
            {group.owner && (
              <p class="faint">
                {group.owner === page.user.key ? "yours" : `owner ${group.owner}`}
              </p>
            )}
          </div>
        </li>
      ))}
    </ul>
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
