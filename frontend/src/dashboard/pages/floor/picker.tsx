/** The choice of workflows: what is shown, and what was named and is not there. */

import { useEffect, useRef } from "preact/hooks";
import { useLocation } from "preact-iso/router";
import { Menu, type MenuEntry } from "../../parts/menu";
import { ProblemNote } from "../../parts/problem";
import { type Choice, flipped, floorAt, titleOf } from "./choice";
import type { Lane } from "./topic";

interface Props {
  readonly lanes: readonly Lane[];
  /** Null = all are shown. */
  readonly choice: Choice | null;
  /** Nobody chooses there: it only says what is shown. */
  readonly isTv: boolean;
}

export function Picker({ lanes, choice, isTv }: Props) {
  const { route } = useLocation();
  const chosen = choice?.chosen ?? [];
  useFocusKept(chosen.join());
  if (lanes.length < 2) return null;
  if (isTv) {
    const titles = chosen.map((workflow) => titleOf(workflow, lanes));
    return titles.length > 0 ? <p class="floor-chosen">{titles.join(", ")}</p> : null;
  }
  const entries: readonly MenuEntry[] = [
    { label: "All workflows", isChosen: choice === null, run: () => route(floorAt([], false)) },
    ...lanes.map(({ workflow }, at) => ({
      label: titleOf(workflow, lanes),
      ...(at === 0 ? { group: "Only these" } : {}),
      isChosen: chosen.includes(workflow),
      isMany: true,
      run: () => route(floorAt(flipped(chosen, workflow, lanes), false)),
    })),
  ];
  return <Menu class="floor-picker" label={labelOf(choice, lanes)} entries={entries} />;
}

/** A link that changes the choice goes with what it stood in: the focus goes to where it can be changed again. */
function useFocusKept(chosen: string): void {
  const before = useRef(chosen);
  useEffect(() => {
    const isLost = before.current !== chosen && document.activeElement === document.body;
    before.current = chosen;
    if (isLost) document.querySelector<HTMLElement>(".floor-picker button")?.focus();
  }, [chosen]);
}

function labelOf(choice: Choice | null, lanes: readonly Lane[]): string {
  if (choice === null) return "All workflows";
  const [first = "", ...others] = choice.chosen;
  return first && others.length === 0
    ? `Workflow: ${titleOf(first, lanes)}`
    : `${choice.chosen.length} of ${lanes.length} workflows`;
}

/** An old link, or a workflow that has gone meanwhile. */
export function NotThere({ missing, isTv }: { missing: readonly string[]; isTv: boolean }) {
  const problem = {
    title: `There is no workflow ${missing.join(" or ")}`,
    status: 404,
    detail: "The project has none of that name, or has it no more.",
    code: "",
    errors: [],
  };
  return (
    <ProblemNote problem={problem}>
      <p>
        <a href={floorAt([], isTv)}>Show all workflows</a>
      </p>
    </ProblemNote>
  );
}
