/** What triggers say to an event, and which clause of a filter said no. */

import { type Fields, fieldsIn } from "../../../client/fields";

/** Each trigger that speaks of such events, with its filter clause by clause. */
export function Triggers({ of }: { of: readonly Fields[] }) {
  return (
    <>
      {of.map((trigger) => (
        <div key={textOf(trigger, "index")} class="trigger">
          <p>
            <code>{textOf(trigger, "starts_on")}</code>{" "}
            <span class="faint">{textOf(trigger, "answer").replaceAll("_", " ")}</span>
          </p>
          <Clauses clauses={fieldsIn(trigger["filter"])} />
        </div>
      ))}
    </>
  );
}

/** The clauses of a filter, each with what it said; the one that said no is why nothing happened. */
function Clauses({ clauses }: { clauses: readonly Fields[] }) {
  if (clauses.length === 0) return null;
  return (
    <ul class="clauses">
      {clauses.map((clause, at) => {
        const error = textOf(clause, "error");
        const value = clause["was_asked"] ? JSON.stringify(clause["value"]) : "not asked";
        return (
          <li
            // biome-ignore lint/suspicious/noArrayIndexKey: a clause may stand there twice
            key={at}
            data-tone={error || value === "false" ? "bad" : "plain"}
            style={{ paddingInlineStart: `${Number(clause["depth"] ?? 0) * 16}px` }}
          >
            <code>{textOf(clause, "clause")}</code> → {error || value}
          </li>
        );
      })}
    </ul>
  );
}

export function textOf(value: Fields, name: string): string {
  const found = value[name];
  return typeof found === "string" || typeof found === "number" ? String(found) : "";
}
