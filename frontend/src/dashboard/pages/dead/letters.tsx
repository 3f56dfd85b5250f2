/** Dead letters one by one: a filter, the list it finds, and acts upon what is chosen. */

import { useState } from "preact/hooks";
import { useLocation } from "preact-iso/router";
import { api, got, type Told } from "../../http/ask";
import { useEventTypes, useWorkflows } from "../../http/known";
import { usePages } from "../../http/pages";
import { Acts } from "../../parts/act";
import { Empty } from "../../parts/empty";
import { FilterBar } from "../../parts/filter";
import { ListTable } from "../../parts/list-table";
import { AsOf } from "../../parts/panel";
import { ProblemNote } from "../../parts/problem";
import { State } from "../../parts/state";
import type { Column } from "../../parts/table";
import { Time } from "../../parts/time";
import { Views } from "../../parts/views";
import { to } from "../../state/page";
import type { Listed, Page } from "../../state/rows";
import { Selection } from "../../state/selection";
import { discardAct, replayAct } from "./acts";

type Letter = Told["LetterTold"];

const POLL_MS = 5_000;
const PAGE = 50;

export const LETTERS: Listed<Letter> = {
  idOf: ({ id }) => id,
  orderOf: ({ created_at, id }) => `${created_at} ${id}`,
};

const COLUMNS: readonly Column<Letter>[] = [
  { key: "state", title: "State", width: "8.5rem", cell: ({ state }) => <State of={state} /> },
  {
    key: "what",
    title: "What died",
    width: "minmax(12rem, 3fr)",
    isName: true,
    cell: (letter) => <span title={letter.message}>{nameOf(letter)}</span>,
  },
  {
    key: "where",
    title: "Where",
    width: "minmax(8rem, 1.4fr)",
    cell: (letter) => <span class="faint">{whereOf(letter)}</span>,
  },
  { key: "tries", title: "Tries", width: "4rem", align: "end", cell: ({ tries }) => tries },
  {
    key: "at",
    title: "Died",
    width: "9rem",
    align: "end",
    cell: ({ created_at }) => <Time at={created_at} />,
  },
  {
    key: "expires",
    title: "Kept until",
    width: "9rem",
    align: "end",
    cell: ({ expires_at }) =>
      expires_at ? <Time at={expires_at} /> : <span class="faint">–</span>,
  },
];

/** What the letters of a page are, without a screen around them. */
export function lettersPage(q: string, after: string, signal: AbortSignal): Promise<Page<Letter>> {
  return got(api.GET("/dead-letters", { params: { query: { q, after, limit: PAGE } }, signal }));
}

interface Props {
  readonly title: string;
  readonly q: string;
  readonly onFlip: () => void;
}

export function Letters({ title, q, onFlip }: Props) {
  const { route } = useLocation();
  const go = (text: string) => route(to("dead", { show: "letters", q: text }));
  const list = usePages(q, (after, signal) => lettersPage(q, after, signal), LETTERS, {
    everyMs: POLL_MS,
  });
  const isFilterBad = list.problem?.code === "FE510";
  return (
    <div class="screen" data-fill>
      <header class="screen-head">
        <h1>{title}</h1>
        <Views
          kind="dead_letter"
          q={q}
          hrefOf={(text) => to("dead", { show: "letters", q: text })}
        />
        <div class="screen-acts">
          <AsOf of={{ isLive: list.problem === null, asOf: list.asOf }} />
          <button type="button" class="button" onClick={onFlip}>
            Show causes <kbd>l</kbd>
          </button>
        </div>
      </header>
      <FilterBar
        kind="dead_letter"
        value={q}
        onChange={go}
        values={{ workflow: useWorkflows(), event: useEventTypes() }}
        problem={isFilterBad ? list.problem : null}
        placeholder={'state:open kind:"failed run" workflow:order since:1h'}
      />
      {list.problem && !isFilterBad && <ProblemNote problem={list.problem} />}
      <LetterTable list={list} q={q} />
    </div>
  );
}

interface TableProps {
  readonly list: ReturnType<typeof usePages<Letter>>;
  /** The filter that has found them. */
  readonly q: string;
}

/** A list of letters with what may be done about those that are chosen. */
export function LetterTable({ list, q }: TableProps) {
  const { route } = useLocation();
  const [selection] = useState(() => new Selection());
  const ids = [...selection.ids.value];
  const onDone = () => {
    selection.clear();
    list.again();
  };
  const chosen = `id:${ids.join(",")}`;
  return (
    <>
      <ListTable
        label="Dead letters"
        list={list}
        columns={COLUMNS}
        listed={LETTERS}
        hrefOf={({ id }) => to(`dead/letters/${id}`)}
        nameOf={nameOf}
        card={LetterCard}
        cardHeight={92}
        selection={selection}
        empty={<Empty title="No dead letter matches." />}
      />
      {ids.length > 0 && (
        <section class="chosen" aria-label="Selected">
          <p>
            <strong>{ids.length} selected</strong>
          </p>
          <Acts
            acts={[
              replayAct(chosen, ids.length, { onDone, route }),
              discardAct(chosen, ids.length, { onDone, route }),
            ]}
            buttons={2}
            more={[
              {
                label: "All that match, to a replay",
                run: () => route(to("replays/new", { kind: "dead_letter", q })),
              },
            ]}
          />
          <button type="button" class="button" onClick={() => selection.clear()}>
            Clear
          </button>
        </section>
      )}
    </>
  );
}

function nameOf({ message, kind, code, event_type: type }: Letter): string {
  return message || [kind, type || code].filter(Boolean).join(" ");
}

function whereOf({ workflow, step, source }: Letter): string {
  return [workflow, step].filter(Boolean).join(" · ") || source;
}

function LetterCard(letter: Letter) {
  return (
    <>
      <div class="card-line">
        <State of={letter.state} />
        <span class="faint">
          <Time at={letter.created_at} />
        </span>
      </div>
      <div class="card-line">
        <strong>{nameOf(letter)}</strong>
      </div>
      <div class="card-line">
        <span class="faint">{whereOf(letter)}</span>
        <span class="faint">{letter.tries} tries</span>
      </div>
    </>
  );
}
