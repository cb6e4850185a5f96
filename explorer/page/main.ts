import { readReport } from "../report/source.ts";
import { App } from "./app.ts";
import { HttpSource } from "./http-source.ts";

/** Where the data of a report is; a page that came from a server has none. */
const embedded = document.getElementById("data");
const root = document.querySelector("main");

if (root) {
  const source = embedded ? await readReport(embedded.textContent ?? "") : new HttpSource();
  const app = new App(source, root);
  Object.assign(globalThis, { statexec: app });
  await app.start();
}
