/**
 * The sandbox: the text of a workflow, written here and checked as it is written, and what it would do.
 *
 * Nothing is saved: the files of the project stay the source. What was written stays in this tab alone.
 */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { useLocation } from "preact-iso/router";
import { api, got, type Told } from "../http/ask";
import { useAsked } from "../http/use";
import { Copy } from "../parts/copy";
import { DiffOf } from "../parts/diff";
import { Loading } from "../parts/empty";
import { Panel } from "../parts/panel";
import { ProblemNote, ProblemScreen } from "../parts/problem";
import { save } from "../parts/save";
import { State } from "../parts/state";
import { Tabs } from "../parts/tabs";
import { say } from "../state/announce";
import { may, to } from "../state/page";
import { MeaningOf } from "./definitions/changes";
import { parsed } from "./run/drawing";
import type { Editor } from "./sandbox/editor";
import { meant, mended, type Problem } from "./sandbox/marks";
import { TrialOf } from "./sandbox/trial";

type Check = Told["CheckTold"];

const VIEWS = [
  { key: "drawing", title: "Drawing" },
  { key: "changes", title: "Changes" },
  { key: "try", title: "Try it" },
] as const;
const START = `workflow: hello
on: order.placed
steps:
  - app.task
`;

export function SandboxScreen() {
  const { query } = useLocation();
  const name = query["workflow"] ?? "";
  const current = useAsked(
    `text of ${name}`,
    async (signal) => {
      const workflow = await got(
        api.GET("/workflows/{name}", { params: { path: { name } }, signal }),
      );
      const digest = query["version"] ?? workflow.digest;
      return got(api.GET("/definitions/{digest}", { params: { path: { digest } }, signal }));
    },
    { isOn: name !== "" },
  );
  if (!may("try_definition")) {
    return <ProblemScreen problem={FORBIDDEN} />;
  }
  if (current.problem && !current.value) return <ProblemScreen problem={current.problem} />;
  if (name !== "" && !current.value) return <Loading />;
  return <Bench key={name} name={name} source={current.value?.source ?? START} />;
}

const FORBIDDEN = {
  title: "Not permitted",
  status: 403,
  detail: "The sandbox needs flowengine.try_definition.",
  code: "FE802",
  errors: [],
};

function Bench({ name, source }: { name: string; source: string }) {
  const kept = `flow-sandbox ${name}`;
  const { query, path, route } = useLocation();
  const [text, setText] = useState(() => sessionStorage.getItem(kept) ?? source);
  const editor = useRef<Editor | null>(null);
  useEffect(() => {
    if (text === source) sessionStorage.removeItem(kept);
    else sessionStorage.setItem(kept, text);
  }, [text, source, kept]);
  const asked = useAsked(
    "check",
    async (signal) => {
      const told = await got(api.POST("/sandbox/check", { body: { source: text }, signal }));
      return { text, told };
    },
    { when: text },
  );
  const check = asked.value?.told;
  const fit = useLast(asked.value?.told.is_fit ? asked.value.text : undefined) ?? "";
  const picture = useLast(check?.drawing ?? undefined);
  useEffect(() => {
    if (asked.value?.text === text) editor.current?.mark(asked.value.told.problems);
  }, [asked.value, text]);
  const view = query["view"] ?? "drawing";
  const choose = (change: Readonly<Record<string, string>>) =>
    route(`${path}?${new URLSearchParams({ ...query, ...change })}`, true);
  const put = (now: string) => editor.current?.put(now);
  return (
    <div class="screen">
      <header class="screen-head">
        <h1>Sandbox</h1>
        {name && <a href={to(`definitions/${encodeURIComponent(name)}`)}>{name}</a>}
        <p class="faint">
          Nothing is saved: the files of the project stay the source. Copy the text into its file.
        </p>
        <div class="screen-acts">
          {text !== source && (
            <button type="button" class="button" onClick={() => put(source)}>
              Begin anew
            </button>
          )}
          <Copy text={text} says="the text" label="Copy" />
          <Download text={text} name={`${check?.workflow ?? (name || "workflow")}.yaml`} />
        </div>
      </header>
      {asked.problem && <ProblemNote problem={asked.problem} />}
      <div class="sandbox">
        <Panel title="Text" acts={<Verdict of={check} isAsking={asked.isAsking} />} isFlush>
          <Text text={text} editor={editor} onChange={setText} />
          <Problems
            of={check?.problems ?? []}
            onShow={(problem) => editor.current?.show(problem)}
            onMend={(problem) => {
              put(mended(text, problem));
              say(`Wrote ${meant(problem)}.`);
            }}
          />
        </Panel>
        <Panel title="What it is">
          <Tabs
            label="What of it"
            tabs={VIEWS}
            chosen={view}
            onChoose={(key) => choose({ view: key })}
          >
            {view === "try" ? (
              <TrialOf
                text={fit}
                isOld={check !== undefined && !check.is_fit}
                event={query["event"] ?? ""}
                onEvent={(event) => choose({ event })}
              />
            ) : view === "changes" ? (
              <Compared check={check} text={text} />
            ) : (
              <Picture svg={picture} isOld={check?.drawing === null} />
            )}
          </Tabs>
        </Panel>
      </div>
    </div>
  );
}

/** The last value that there was. */
function useLast<T>(value: T | undefined): T | undefined {
  const last = useRef(value);
  if (value !== undefined) last.current = value;
  return last.current;
}

interface TextProps {
  readonly text: string;
  readonly editor: { current: Editor | null };
  readonly onChange: (text: string) => void;
}

/** The editor; it comes after the page. */
function Text({ text, editor, onChange }: TextProps) {
  const host = useRef<HTMLDivElement>(null);
  const [isThere, setThere] = useState(false);
  const first = useRef(text);
  const tell = useRef(onChange);
  tell.current = onChange;
  useEffect(() => {
    let isGone = false;
    import("./sandbox/editor").then(({ openEditor }) => {
      if (isGone || !host.current) return;
      editor.current = openEditor(host.current, {
        text: first.current,
        label: "Text of the workflow, YAML",
        onChange: (now) => tell.current(now),
      });
      setThere(true);
    });
    return () => {
      isGone = true;
      editor.current?.close();
      editor.current = null;
    };
  }, [editor]);
  return (
    <>
      {!isThere && <Loading says="The editor is coming" />}
      <div class="editor" ref={host} />
    </>
  );
}

function Verdict({ of: check, isAsking }: { of: Check | undefined; isAsking: boolean }) {
  if (!check) return isAsking ? <span class="faint">checking …</span> : null;
  const errors = check.problems.filter((each) => !each.is_warning).length;
  const word = check.is_fit ? "fit" : `${errors} ${errors === 1 ? "error" : "errors"}`;
  return (
    <span role="status" class="verdict">
      <State of={check.is_fit ? "succeeded" : "failed"} word={word} />
    </span>
  );
}

interface ProblemsProps {
  readonly of: readonly Problem[];
  readonly onShow: (problem: Problem) => void;
  readonly onMend: (problem: Problem) => void;
}

/** All that is wrong, with places; the same as the marks in the text, for everybody. */
function Problems({ of, onShow, onMend }: ProblemsProps) {
  if (of.length === 0) return null;
  return (
    <ul class="marks" aria-label="What is wrong">
      {of.map((problem) => (
        <li
          key={`${problem.line}:${problem.column} ${problem.code} ${problem.message}`}
          data-tone={problem.is_warning ? "retry" : "bad"}
        >
          <button type="button" class="mark-place" onClick={() => onShow(problem)}>
            {problem.line}:{problem.column}
          </button>
          <span>
            <code class="mark-code">{problem.code}</code> {problem.message}
            {problem.hint && <span class="faint"> {problem.hint}</span>}
          </span>
          {meant(problem) && (
            <button type="button" class="button" onClick={() => onMend(problem)}>
              Write {meant(problem)}
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}

/** The last picture that could be drawn; dimmed while the text cannot be read. */
function Picture({ svg, isOld }: { svg: string | undefined; isOld: boolean }) {
  const frame = useRef<HTMLDivElement>(null);
  const picture = useMemo(() => (svg ? parsed(svg) : null), [svg]);
  useEffect(() => {
    if (picture) frame.current?.replaceChildren(picture);
  }, [picture]);
  return (
    <>
      {isOld && (
        <p class="faint">
          {picture ? "As it was when it could last be read." : "It cannot be read yet."}
        </p>
      )}
      <div
        class="drawing"
        data-old={isOld || null}
        ref={frame}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
        tabIndex={0}
        role="region"
        aria-label="The line, drawn"
      />
    </>
  );
}

/** What the text does otherwise than the version that takes new runs. */
function Compared({ check, text }: { check: Check | undefined; text: string }) {
  const digest = check?.current ?? "";
  const before = useAsked(
    `text of ${digest}`,
    (signal) => got(api.GET("/definitions/{digest}", { params: { path: { digest } }, signal })),
    { isOn: digest !== "" },
  );
  if (!check) return <Loading />;
  if (check.workflow === null) {
    return <p class="faint">It is compared once it can be read.</p>;
  }
  if (digest === "") {
    return <p class="faint">No workflow of the name {check.workflow} takes new runs.</p>;
  }
  return (
    <>
      <p class="faint">Compared with the version that takes new runs.</p>
      <MeaningOf changes={check.changes} />
      {before.value && <DiffOf was={before.value.source} is={text} />}
    </>
  );
}

function Download({ text, name }: { text: string; name: string }) {
  return (
    <button type="button" class="button" onClick={() => save(text, name, "application/yaml")}>
      Download
    </button>
  );
}
