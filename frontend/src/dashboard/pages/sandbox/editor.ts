/**
 * The editor of the sandbox: loaded when it is opened, and by nothing else.
 *
 * It stands in a shadow root: there its styles are adopted sheets, which a strict policy allows.
 */

import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { HighlightStyle, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { meant, type Problem, rangeOf } from "./marks";

export interface Editor {
  /** Put another text in its place. */
  put(text: string): void;
  /** Say what is wrong with the text, where. */
  mark(problems: readonly Problem[]): void;
  /** Go to the place of a problem. */
  show(problem: Problem): void;
  close(): void;
}

export interface Opening {
  readonly text: string;
  readonly label: string;
  readonly onChange: (text: string) => void;
}

export function openEditor(host: HTMLElement, { text, label, onChange }: Opening): Editor {
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  root.replaceChildren();
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(),
        lintGutter(),
        history(),
        drawSelection(),
        highlightActiveLine(),
        indentUnit.of("  "),
        yaml(),
        syntaxHighlighting(COLOURS),
        LOOKS,
        // Tab goes on to the next control, as everywhere: nobody is caught in the text.
        keymap.of([...defaultKeymap, ...historyKeymap]),
        EditorView.contentAttributes.of({
          "aria-label": label,
          "aria-multiline": "true",
          tabindex: "0",
        }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) onChange(update.state.doc.toString());
        }),
      ],
    }),
  });
  const put = (now: string) => {
    const was = view.state.doc.toString();
    if (was !== now) view.dispatch({ changes: { from: 0, to: was.length, insert: now } });
  };
  return {
    put,
    mark: (problems) => {
      const now = view.state.doc.toString();
      const found = problems.map((problem) => diagnosticOf(now, problem));
      view.dispatch(setDiagnostics(view.state, found));
    },
    show: (problem) => {
      const { from } = rangeOf(view.state.doc.toString(), problem);
      view.dispatch({ selection: { anchor: from }, scrollIntoView: true });
      view.focus();
    },
    close: () => view.destroy(),
  };
}

function diagnosticOf(text: string, problem: Problem): Diagnostic {
  const word = meant(problem);
  return {
    ...rangeOf(text, problem),
    severity: problem.is_warning ? "warning" : "error",
    message: [`${problem.code} ${problem.message}`, problem.hint].filter(Boolean).join("\n"),
    ...(word && {
      actions: [
        {
          name: `Write ${word}`,
          apply: (view: EditorView, from: number, to: number) =>
            view.dispatch({ changes: { from, to, insert: word } }),
        },
      ],
    }),
  };
}

const COLOURS = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--tone-work)" },
  { tag: [tags.string, tags.content], color: "var(--ink)" },
  { tag: tags.comment, color: "var(--muted)", fontStyle: "italic" },
  { tag: [tags.separator, tags.punctuation, tags.bracket], color: "var(--muted)" },
  { tag: [tags.labelName, tags.typeName, tags.keyword], color: "var(--tone-wait)" },
]);

const LOOKS = EditorView.theme({
  "&": { height: "100%", color: "var(--ink)", backgroundColor: "var(--surface)" },
  // What holds it shows where the focus is: here the gutters would cover it.
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { font: "var(--mono)", overflow: "auto" },
  ".cm-content": { caretColor: "var(--ink)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": {
    color: "var(--muted)",
    backgroundColor: "var(--sunken)",
    borderRight: "1px solid var(--line)",
  },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "transparent" },
  "&.cm-focused .cm-activeLine": { backgroundColor: "var(--hover)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground":
    { backgroundColor: "var(--chosen)" },
  ".cm-tooltip": {
    color: "var(--ink)",
    backgroundColor: "var(--raised)",
    border: "1px solid var(--strong-line)",
    borderRadius: "var(--radius)",
  },
  ".cm-diagnostic": { font: "var(--font)", whiteSpace: "pre-wrap", maxWidth: "60ch" },
  ".cm-diagnosticAction": { backgroundColor: "var(--accent)", color: "var(--on-accent)" },
});
