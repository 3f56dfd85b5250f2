/** One dead letter: what died, of what, after which tries, and what came of it. */

import { useLocation } from "preact-iso/router";
import { api, got, type Told } from "../http/ask";
import { useAsked } from "../http/use";
import { Acts } from "../parts/act";
import { Id } from "../parts/copy";
import { Loading } from "../parts/empty";
import { Fact } from "../parts/facts";
import { FailureText } from "../parts/failure";
import { freshAsked, Panel } from "../parts/panel";
import { Json } from "../parts/payload";
import { ProblemNote, ProblemScreen } from "../parts/problem";
import { State } from "../parts/state";
import { useThing } from "../parts/thing";
import { Time } from "../parts/time";
import type { ScreenProps } from "../screen";
import { may, page, to } from "../state/page";
import { discardAct, replayAct } from "./dead/acts";
import { letterName } from "./dead/words";

export function LetterScreen({ params }: ScreenProps) {
  const id = params["id"] ?? "";
  const asked = useAsked(
    id,
    (signal) =>
      got(api.GET("/dead-letters/{letter_id}", { params: { path: { letter_id: id } }, signal })),
    { everyMs: 5_000 },
  );
  const name = asked.value && letterName(asked.value);
  useThing({ kind: "letter", id, name, state: asked.value?.state });
  if (asked.problem && !asked.value) return <ProblemScreen problem={asked.problem} />;
  if (!asked.value) return <Loading />;
  const letter = asked.value;
  return (
    <div class="screen">
      <Head letter={letter} onDone={asked.again} />
      {asked.problem && <ProblemNote problem={asked.problem} />}
      <div class="run-parts">
        <Panel title="Why" fresh={freshAsked(asked)}>
          {letter.failure ? (
            <FailureText failure={letter.failure} />
          ) : (
            <p>{letter.message || `${letter.kind}, ${letter.code}`}</p>
          )}
        </Panel>
        {letter.body_bytes !== null && <Body letter={letter} />}
      </div>
    </div>
  );
}

interface Props {
  readonly letter: Told["OneLetterTold"];
}

function Head({ letter, onDone }: Props & { onDone: () => void }) {
  const { route } = useLocation();
  const q = `id:${letter.id}`;
  const open = letter.state === "open" ? 1 : 0;
  return (
    <header class="run-head">
      <div class="screen-head">
        <State of={letter.state} />
        <h1>{letter.kind}</h1>
        <Id id={letter.id} />
        <div class="screen-acts">
          <Acts
            acts={[replayAct(q, open, { onDone, route }), discardAct(q, open, { onDone, route })]}
          />
        </div>
      </div>
      <dl class="facts">
        <Fact title="Cause">
          <Id id={letter.group_id} href={to(`dead/${letter.group_id}`)} />
        </Fact>
        {letter.run_id && (
          <Fact title="Run">
            <Id
              id={letter.run_id}
              href={to(`runs/${letter.run_id}`, { step: letter.step ?? "" })}
            />
          </Fact>
        )}
        {letter.event_id && (
          <Fact title="Event">
            <Id id={letter.event_id} href={to(`events/${letter.event_id}`)} />
          </Fact>
        )}
        {letter.workflow && <Fact title="Workflow">{letter.workflow}</Fact>}
        {letter.step && <Fact title="Step">{[letter.step, letter.item].join(" ").trim()}</Fact>}
        <Fact title="Died">
          <Time at={letter.created_at} />
        </Fact>
        <Fact title="Tries">{letter.tries}</Fact>
        <Fact title="Worker">{letter.worker || "–"}</Fact>
        <Fact title="Version">{letter.version || "–"}</Fact>
        {letter.replay_id && (
          <Fact title="Replay">
            <Id id={letter.replay_id} href={to(`replays/${letter.replay_id}`)} />
          </Fact>
        )}
        {letter.closed_at && (
          <Fact title="Closed">
            <Time at={letter.closed_at} /> {letter.reason}
          </Fact>
        )}
        <Fact title="Kept until">
          {letter.expires_at ? <Time at={letter.expires_at} isClock /> : "somebody closes it"}
        </Fact>
      </dl>
    </header>
  );
}

/** What the broker delivered, byte for byte, as a file; it may be anything, so it is not shown here. */
function Body({ letter }: Props) {
  return (
    <Panel title="What was delivered">
      {may("view_payload") ? (
        <>
          <p>
            <a class="button" href={`${page.api}/dead-letters/${letter.id}/body`} download>
              Download {letter.body_bytes?.toLocaleString("en")} bytes
            </a>
          </p>
          {letter.headers && <Json value={letter.headers} title="Headers" />}
        </>
      ) : (
        <p class="faint">
          {letter.body_bytes?.toLocaleString("en")} bytes; to see them you need{" "}
          <code>flowengine.view_payload</code>.
        </p>
      )}
    </Panel>
  );
}
