/** One stop of a line: what stands there, how busy its station is, and how fast it goes. */

import { useState } from "preact/hooks";
import type { Glyph } from "../../parts/glyphs";
import { Icon } from "../../parts/glyphs";
import { lookOf, State } from "../../parts/state";
import { Time } from "../../parts/time";
import { to } from "../../state/page";
import { isStill } from "../../state/still";
import { span } from "../../state/time";
import { RIBBON_PER_S, ribbon, type Standing } from "./columns";
import type { Station, Stop, Token } from "./topic";

interface Props {
  readonly stop: Stop;
  /** Null = it needs no worker. */
  readonly station: Station | undefined;
  readonly standing: Standing;
  readonly workflow: string;
  /** Here it is tightest. */
  readonly isTight: boolean;
}

/** What a stop without a station waits for. */
const WAITS: Readonly<Record<string, readonly [Glyph, string]>> = {
  wait: ["events", "for an event"],
  sleep: ["waiting", "for its time"],
  approval: ["approvals", "for people"],
  workflow: ["runs", "for another run"],
};

export function StopCard({ stop, station, standing, workflow, isTight }: Props) {
  return (
    <div class="stop" data-tight={isTight || null} data-closed={isClosed(station) || null}>
      <h3 class="stop-name">
        <span title={station ? `${station.task} at ${station.queue}` : stop.kind}>
          {stop.title || stop.step}
        </span>
        {stop.loop && <span class="faint">each</span>}
      </h3>
      <Tokens standing={standing} perS={station?.per_s ?? 0} />
      {station ? (
        <Worked station={station} workflow={workflow} stop={stop} />
      ) : (
        <Waited stop={stop} />
      )}
    </div>
  );
}

/** Runs, one by one while they can be told apart; how many, where nothing is to move. */
function Tokens({ standing, perS }: { standing: Standing; perS: number }) {
  const flows = perS > RIBBON_PER_S ? rate(perS) : "";
  if (isStill.value) return <Numbers standing={standing} flows={flows} />;
  if (!flows) return <Marks standing={standing} />;
  return (
    <div class="tokens">
      <span class="ribbon" style={{ "--width": ribbon(perS) }} aria-hidden="true" />
      <span class="ribbon-rate">{flows}</span>
    </div>
  );
}

function Marks({ standing }: { standing: Standing }) {
  return (
    <ul class="tokens" aria-label="Runs here">
      {standing.tokens.map((token) => (
        <li key={`${token.run} ${token.item} ${token.since}`}>
          <TokenMark token={token} />
        </li>
      ))}
      {standing.beyond > 0 && (
        <li class="tokens-beyond">+{standing.beyond.toLocaleString("en")}</li>
      )}
    </ul>
  );
}

/** The runs themselves come when they are asked for. */
function Numbers({ standing, flows }: { standing: Standing; flows: string }) {
  const [isOpen, open] = useState(false);
  const count = standing.tokens.length + Math.max(0, standing.beyond);
  return (
    <details
      class="tokens-counted"
      open={isOpen}
      onToggle={({ currentTarget }) => open(currentTarget.open)}
    >
      <summary>
        {count.toLocaleString("en")} here{flows && `, ${flows}`}
      </summary>
      {isOpen && <Marks standing={standing} />}
    </details>
  );
}

function TokenMark({ token }: { token: Token }) {
  const { icon, word, tone } = lookOf(token.state);
  const name = [token.title || token.subject || "a run", word].join(", ");
  if (!token.run) {
    return (
      <span class="token" data-tone={tone} title={word}>
        <Icon of={icon} size={14} />
      </span>
    );
  }
  return (
    <a
      class="token"
      data-tone={tone}
      data-state={token.state}
      href={to(`runs/${token.run}`, { step: token.step })}
      aria-label={name}
      title={name}
    >
      <Icon of={icon} size={14} />
    </a>
  );
}

interface WorkedProps {
  readonly station: Station;
  readonly stop: Stop;
  readonly workflow: string;
}

function Worked({ station, stop, workflow }: WorkedProps) {
  const share = station.limit > 0 ? Math.min(1, station.busy / station.limit) : 0;
  const isFull = station.limit > 0 && station.busy >= station.limit;
  return (
    <>
      <p class="busy" data-full={isFull || null}>
        <span class="busy-bar" aria-hidden="true">
          <span style={{ width: `${share * 100}%` }} />
        </span>
        <span>
          {station.workers === 0 ? "no worker" : `${station.busy} of ${station.limit}`}
          {isFull && " full"}
        </span>
      </p>
      <dl class="stop-figures">
        <dt>waiting</dt>
        <dd data-loud={(station.waiting > 0 && (isFull || station.workers === 0)) || null}>
          {station.waiting.toLocaleString("en")}
          {station.waiting_more && "+"}
          {station.waiting > 0 && (
            <>
              {", "}
              <Time at={station.oldest_at} />
            </>
          )}
          {station.retrying > 0 && `, ${station.retrying} to retry`}
        </dd>
        <dt>done</dt>
        <dd>{rate(station.per_s)}</dd>
        {station.p95_ms !== null && (
          <>
            <dt title="95 % of the last minute took no longer">p95</dt>
            <dd>{span(station.p95_ms)}</dd>
          </>
        )}
        {station.failed > 0 && (
          <>
            <dt>failed</dt>
            <dd data-loud={station.failed_share >= 0.05 || null}>
              <a href={to("runs", { q: `state:failed workflow:${workflow} since:15m` })}>
                {(station.failed_share * 100).toFixed(1)} %
              </a>
            </dd>
          </>
        )}
        <dt>last</dt>
        <dd>
          <Time at={station.last_at} />
        </dd>
      </dl>
      {isClosed(station) && (
        <p class="stop-door">
          <a href={to("stations")}>
            <State of={station.door === "paused" ? "paused" : "failed"} word={station.door} />
          </a>
          {station.reason && (
            <span class="faint" title={stop.step}>
              {station.reason}
            </span>
          )}
        </p>
      )}
    </>
  );
}

function Waited({ stop }: { stop: Stop }) {
  const [icon, what] = WAITS[stop.kind] ?? ["skipped", ""];
  return (
    <p class="stop-waits faint">
      <Icon of={icon} size={14} />
      {stop.waiting > 0 || what
        ? `${stop.waiting.toLocaleString("en")}${stop.waiting_more ? "+" : ""} waiting ${what}`
        : stop.kind}
    </p>
  );
}

function isClosed(station: Station | undefined): boolean {
  return station !== undefined && station.door !== "open";
}

/** A line that is fast and healthy is not to read 0: the last minute counts, not this moment. */
function rate(perS: number): string {
  if (perS >= 10) return `${Math.round(perS).toLocaleString("en")}/s`;
  return perS >= 1 ? `${perS.toFixed(1)}/s` : `${Math.round(perS * 60)}/min`;
}
