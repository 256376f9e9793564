import { serveRole } from "../bench/serve-role.mjs";
import { startNodeRole } from "./node-role.mjs";

/** What a process of the lab can be. */
serveRole({ node: startNodeRole });
