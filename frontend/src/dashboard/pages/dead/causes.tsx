/** Causes of dead letters, that which failed last first; none of them moves under the cursor. */

import { useRef, useState } from "preact/hooks";
import type { Pages } from "../../http/pages";
import { Icon } from "../../parts/glyphs";
import { usePaused } from "../../parts/paused";
import { State } from "../../parts/state";
import { Time } from "../../parts/time";
import { useKeys } from "../../state/keys";
import { page, to } from "../../state/page";
import { Hours } from "./hours";
import { causeOf, type Group, placeOf } from "./words";

interface Props {
  readonly list: Pick<Pages<Group>, "rows" | "pause" | "release">;
}

export function CauseList({ list }: Props) {
  const { why, watched } = usePaused(list);
  const groups = useOrder(list.rows.shown, why !== "");
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
    { keys: "Shift+R", says: "Show the causes that wait", run: list.release },
  ]);
  const waiting = list.rows.waiting.length;
  return (
    <>
      <div class="table-news">
        {/* No button: who goes to it has left the list, and so sees them. */}
        {waiting > 0 && <span class="faint">▲ {waiting} new</span>}
        {why && <span class="faint">{why}</span>}
      </div>
      <ul class="causes" ref={root} {...watched}>
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
    </>
  );
}

/**
 * By their last failure, which moves while one looks: so as they stood, as long as somebody is in the list.
 * One that has failed again and comes with the first page once more is shown once.
 */
function useOrder(groups: readonly Group[], isStill: boolean): readonly Group[] {
  const before = useRef<readonly string[]>([]);
  const known = new Set<string>();
  const newest = groups
    .toSorted((a, b) => (lastOf(a) < lastOf(b) ? 1 : -1))
    .filter(({ id }) => !known.has(id) && known.add(id));
  const stood = new Map(before.current.map((id, place) => [id, place]));
  const place = ({ id }: Group) => stood.get(id) ?? stood.size;
  const shown = isStill ? newest.toSorted((a, b) => place(a) - place(b)) : newest;
  before.current = shown.map(({ id }) => id);
  return shown;
}

function lastOf({ last_at: at, id }: Group): string {
  return `${at} ${id}`;
}
