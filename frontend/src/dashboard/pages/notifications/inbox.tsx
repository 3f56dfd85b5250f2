/** My inbox: what I was told, the newest first, and what I do with it. */

import { useState } from "preact/hooks";
import type { Notice } from "../../../client/notices";
import type { Problem } from "../../http/ask";
import { Empty, Loading } from "../../parts/empty";
import { freshOf, Panel } from "../../parts/panel";
import { State } from "../../parts/state";
import { Time } from "../../parts/time";
import { say, sayNow } from "../../state/announce";
import { inbox, serverNow } from "../../state/link";
import { useLive } from "../../state/live";

const HOUR_MS = 3_600_000;
const NOT_DONE: Problem = {
  title: "That did not work",
  status: 0,
  detail: "It is not known whether it was done. Look, and try again.",
  code: "",
  errors: [],
};

const TONES: Readonly<Record<Notice["tone"], readonly [string, string]>> = {
  info: ["queued", "told"],
  success: ["done", "done"],
  warning: ["waiting", "see to it"],
  failure: ["failed", "failure"],
};

export function Inbox() {
  const { value, meta } = useLive(inbox);
  const [undo, setUndo] = useState<{ readonly said: string; take: () => Promise<void> } | null>(
    null,
  );
  const [refusal, refuse] = useState<Problem | null>(null);
  const attempt = async (act: () => Promise<void>) => {
    try {
      await act();
      refuse(null);
    } catch {
      refuse(NOT_DONE);
    }
  };
  const did = (said: string, act: () => Promise<() => Promise<void>>) =>
    attempt(async () => {
      const take = await act();
      setUndo({ said, take });
      say(said);
    });
  return (
    <Panel
      title="Inbox"
      fresh={freshOf(meta)}
      problem={refusal}
      isFlush
      acts={
        <>
          {undo && (
            <button
              type="button"
              class="button"
              onClick={() =>
                attempt(async () => {
                  await undo.take();
                  setUndo(null);
                  sayNow("It is back.");
                })
              }
            >
              Undo
            </button>
          )}
          <button
            type="button"
            class="button"
            disabled={!value?.unread}
            onClick={() => attempt(() => inbox.read("all"))}
          >
            Mark all read
          </button>
        </>
      }
    >
      {!value && <Loading />}
      {value?.items.length === 0 && (
        <Empty title="Nothing has been told.">
          <p>Make a rule, and what it finds stands here, on the bell of every screen too.</p>
        </Empty>
      )}
      <ul class="notif-list" aria-label="Notifications">
        {value?.items.map((each) => (
          <Item key={each.id} notice={each} did={did} />
        ))}
      </ul>
      {value && value.items.length >= 50 && (
        <p class="notif-more faint">Older ones are left out here.</p>
      )}
    </Panel>
  );
}

interface ItemProps {
  readonly notice: Notice;
  readonly did: (said: string, act: () => Promise<() => Promise<void>>) => Promise<void>;
}

function Item({ notice, did }: ItemProps) {
  const { id, title, text, url, tone, at, read } = notice;
  const [look, word] = TONES[tone] ?? TONES.info;
  return (
    <li class="notif" data-read={read || null}>
      <State of={look} word={word} />
      <div class="notif-said">
        {url ? (
          <a href={url} onClick={() => void inbox.read([id]).catch(() => undefined)}>
            {title}
          </a>
        ) : (
          <strong>{title}</strong>
        )}
        {text && <span class="faint">{text}</span>}
      </div>
      <span class="notif-at faint">
        <Time at={at} />
      </span>
      <div class="notif-acts">
        <button
          type="button"
          class="button"
          aria-label={`In an hour: ${title}`}
          onClick={() =>
            did("It comes back in an hour.", () =>
              inbox.snooze([id], new Date(serverNow() + HOUR_MS)),
            )
          }
        >
          In an hour
        </button>
        <button
          type="button"
          class="button"
          aria-label={`Archive: ${title}`}
          onClick={() => did("It is archived.", () => inbox.archive([id]))}
        >
          Archive
        </button>
      </div>
    </li>
  );
}
