/** Before each file of tests: the page has brought its words, in English. */

import golden from "../../tests/contract/words.json" with { type: "json" };
import { speak } from "../src/model/words";

export const { words } = golden;

speak(words);
