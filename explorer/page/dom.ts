type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;
type Child = Node | string | undefined;

/** Makes an element. Strings become text nodes, so text from a run is never parsed as HTML. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child !== undefined) element.append(child);
  return element;
}

/** Makes a button. */
export function button(text: string, action: () => void, attributes: Attributes = {}): HTMLButtonElement {
  const element = el("button", { type: "button", ...attributes }, text);
  element.addEventListener("click", action);
  return element;
}

/** Makes a table. The columns in `numeric`, by index, are aligned to the right. */
export function table(
  headings: readonly string[],
  rows: readonly (readonly Child[])[],
  numeric: readonly number[] = [],
) {
  const cell = (tag: "th" | "td", child: Child, column: number) =>
    el(tag, { class: numeric.includes(column) ? "number" : undefined, scope: tag === "th" ? "col" : undefined }, child);
  return el(
    "table",
    {},
    el("thead", {}, el("tr", {}, ...headings.map((heading, column) => cell("th", heading, column)))),
    el("tbody", {}, ...rows.map((row) => el("tr", {}, ...row.map((child, column) => cell("td", child, column))))),
  );
}

/** Saves a file on the reader's machine. */
export function download(name: string, parts: readonly BlobPart[], type: string): void {
  const url = URL.createObjectURL(new Blob([...parts], { type }));
  const link = el("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  // The download has started by then. Without this, the blob would stay in memory as long as the page is open.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
