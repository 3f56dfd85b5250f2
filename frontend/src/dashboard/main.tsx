/** The entry: it only begins, see `vite.dashboard.config.ts`. */

import { start } from "./app";
import "./styles/index.css";

start();
