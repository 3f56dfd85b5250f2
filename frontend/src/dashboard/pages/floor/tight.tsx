/** Where it is tightest: one sentence, and the one thing that helps. */

import type { ComponentChildren } from "preact";
import { Icon } from "../../parts/glyphs";
import { to } from "../../state/page";
import { flipped, floorAt, tightElsewhere, titleOf } from "./choice";
import type { Bottleneck, Floor } from "./topic";

interface Props {
  /** The floor of all workflows. */
  readonly house: Floor;
  /** What is shown of it. */
  readonly shown: Floor;
  readonly isTv: boolean;
}

/** Of what is shown; and of all, where that is at a station that is not. */
export function Tightest({ house, shown, isTv }: Props) {
  const here = shown.bottleneck;
  const elsewhere = tightElsewhere(house, shown);
  return (
    <>
      {here && (
        <Sentence title={elsewhere ? "Tightest here" : "Tightest"} text={here.text}>
          {!isTv && <Help of={here} />}
        </Sentence>
      )}
      {elsewhere && (
        <Elsewhere of={elsewhere} isTighter={here !== null} {...{ house, shown, isTv }} />
      )}
    </>
  );
}

function Elsewhere({ of, isTighter, ...rest }: Props & { of: Bottleneck; isTighter: boolean }) {
  const { lanes } = rest.house;
  const title = titleOf(of.workflow, lanes);
  const chosen = rest.shown.lanes.map(({ workflow }) => workflow);
  return (
    <Sentence
      title={isTighter ? "Tighter elsewhere" : "Tightest"}
      text={`${of.text}. That is in ${title}, which is not shown.`}
    >
      {!rest.isTv && (
        <a class="button" href={floorAt(flipped(chosen, of.workflow, lanes), false)}>
          Show it too
        </a>
      )}
    </Sentence>
  );
}

interface SentenceProps {
  readonly title: string;
  readonly text: string;
  /** What helps. */
  readonly children: ComponentChildren;
}

function Sentence({ title, text, children }: SentenceProps) {
  return (
    <p class="tight">
      <Icon of="warning" />
      <span>
        <strong>{title}:</strong> {text}
      </span>
      {children}
    </p>
  );
}

function Help({ of }: { of: Bottleneck }) {
  const queue = of.station.slice(of.station.lastIndexOf("@") + 1);
  switch (of.act) {
    case "resume":
      return (
        <a class="button" href={to("stations")}>
          Resume {queue} …
        </a>
      );
    case "start_worker":
      return <code>manage.py flow worker --stations {queue}</code>;
    case "scale":
      return (
        <a class="button" href={to("workers")}>
          Add a worker …
        </a>
      );
    default:
      return (
        <a class="button" href={to("runs", { q: `workflow:${of.workflow} state:running` })}>
          See the runs
        </a>
      );
  }
}
