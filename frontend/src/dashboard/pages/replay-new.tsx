/** A replay is prepared: what, how, a dry run, how fast, and why. All of it stands in the address. */

import { useEffect, useMemo, useState } from "preact/hooks";
import { useLocation } from "preact-iso/router";
import { api, got, keyed, type Problem, problemIn, type Told } from "../http/ask";
import { useAsked } from "../http/use";
import { Empty, Loading } from "../parts/empty";
import { freshAsked, Panel } from "../parts/panel";
import { ProblemNote, ProblemScreen } from "../parts/problem";
import { ReasonField, useSending } from "../parts/sending";
import { Time } from "../parts/time";
import { may, to } from "../state/page";
import { Check, usePlan } from "./replay/check";
import { How, Pace } from "./replay/form";
import { requestIn } from "./replay/request";

type Selection = Told["SelectionTold"];

export function ReplayNewScreen() {
  const { query } = useLocation();
  const id = query["selection"] ?? "";
  if (id !== "") return <Frozen id={id} />;
  return query["q"] === undefined ? <NothingChosen /> : <Freezing />;
}

/** A link that has a filter: what it finds now is frozen, and the address says so from then on. */
function Freezing() {
  const { query, route } = useLocation();
  const [problem, setProblem] = useState<Problem | null>(null);
  const { q = "", kind = "dead_letter" } = query;
  useEffect(() => {
    const freeze = async () => {
      try {
        const body = { kind: kindOf(kind), q };
        const { id } = await got(api.POST("/selections", { body }));
        route(to("replays/new", { selection: id }), true);
      } catch (error) {
        setProblem(problemIn(error));
      }
    };
    freeze();
  }, [q, kind, route]);
  return problem ? <ProblemScreen problem={problem} /> : <Loading says="Choosing" />;
}

function kindOf(kind: string): "dead_letter" | "run" | "event" {
  return kind === "run" || kind === "event" ? kind : "dead_letter";
}

function Frozen({ id }: { id: string }) {
  const asked = useAsked(id, (signal) =>
    got(api.GET("/selections/{selection_id}", { params: { path: { selection_id: id } }, signal })),
  );
  if (asked.problem && !asked.value) return <ProblemScreen problem={asked.problem} />;
  return asked.value ? <Prepare selection={asked.value} /> : <Loading />;
}

function Prepare({ selection }: { selection: Selection }) {
  const { query, path, route } = useLocation();
  const request = requestIn(query, selection.kind, selection.count);
  const checked = usePlan(selection.id, request);
  const put = (name: string, value: string) => {
    const search = new URLSearchParams({ ...query, [name]: value });
    if (value === "") search.delete(name);
    route(`${path}?${search}`, true);
  };
  return (
    <div class="screen wizard">
      <header class="screen-head">
        <h1>Replay</h1>
      </header>
      <Panel title="1 · What">
        <p>
          <strong>{selection.count.toLocaleString("en")}</strong> {selection.words}.{" "}
          <span class="faint">Chosen </span>
          <Time at={selection.created_at} />
          <span class="faint">; what has come since has no part in it.</span>
        </p>
      </Panel>
      <Panel title="2 · How">
        <How request={request} query={query} kind={selection.kind} put={put} />
      </Panel>
      <Panel title="3 · Dry run" fresh={freshAsked(checked)}>
        {Object.keys(request.wrong).length > 0 ? (
          <p class="faint">As soon as what you write can be understood.</p>
        ) : (
          <Check kind={selection.kind} checked={checked} />
        )}
      </Panel>
      <Panel title="4 · Pace">
        <Pace request={request} put={put} />
      </Panel>
      <Panel title="5 · Go">
        <Go
          selection={selection}
          request={request}
          eligible={checked.plan?.counts["eligible"] ?? 0}
          isChecked={checked.plan !== null && !checked.isAsking}
        />
      </Panel>
    </div>
  );
}

interface GoProps {
  readonly selection: Selection;
  readonly request: ReturnType<typeof requestIn>;
  readonly eligible: number;
  readonly isChecked: boolean;
}

function Go({ selection, request, eligible, isChecked }: GoProps) {
  const { route } = useLocation();
  const [reason, setReason] = useState("");
  const { isSending, problem, send } = useSending();
  const { mode, options, pace } = request;
  const asked = JSON.stringify([selection.id, mode, options, pace, reason]);
  // The same request has the same key, however often it is sent: it is one replay.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another request is another replay
  const key = useMemo(() => crypto.randomUUID(), [asked]);
  const missing = whyNot({ reason, isChecked, eligible, request });
  const submit = (event: Event) => {
    event.preventDefault();
    if (missing) return;
    const body = { selection_id: selection.id, mode, options, pace, reason: reason.trim() };
    send(async () => {
      const begun = await got(api.POST("/replays", { params: { header: keyed(key) }, body }));
      route(to(`replays/${begun.id}`));
      return "The replay has begun.";
    });
  };
  return (
    <form class="act" onSubmit={submit}>
      <ReasonField value={reason} onInput={setReason} />
      {problem && <ProblemNote problem={problem} />}
      <footer class="act-foot">
        <span class="faint">{missing}</span>
        <button
          type="submit"
          class="button"
          data-main="accent"
          disabled={isSending || missing !== ""}
        >
          {isSending ? "Sending …" : `Replay ${eligible.toLocaleString("en")}`}
        </button>
      </footer>
    </form>
  );
}

/** Why it cannot begin yet; empty = it can. */
function whyNot({
  reason,
  isChecked,
  eligible,
  request,
}: Omit<GoProps, "selection"> & { reason: string }) {
  if (!may("replay")) return "You need flowengine.replay.";
  if (Object.keys(request.wrong).length > 0) return "Mend what cannot be understood first.";
  if (!isChecked) return "The dry run is not over.";
  if (eligible === 0) return "Nothing of it can be replayed like this.";
  return reason.trim() === "" ? "Say why." : "";
}

function NothingChosen() {
  return (
    <Empty title="Nothing is chosen.">
      <p>
        Choose a <a href={to("dead")}>cause</a>, some <a href={to("runs")}>runs</a>, or{" "}
        <a href={to("events")}>events</a>, and then Replay.
      </p>
    </Empty>
  );
}
