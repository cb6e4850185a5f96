import { readReport } from "../report/report-source.ts";
import { App } from "./app.ts";
import type { Extras } from "./extras.ts";

/** Starts the page, of a server or of a report. */
export async function startPage(extras: Extras): Promise<void> {
  // Holds the data of a report; the page of a server has no such element.
  const embedded = document.getElementById("data");
  const root = document.querySelector("main");
  if (!root) return;
  const source = embedded ? await readReport(embedded.textContent ?? "") : extras.serverSource?.();
  if (!source) return;
  const app = new App(source, root, extras);
  Object.assign(globalThis, { statexec: app });
  await app.start();
}
