type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;
type Child = Node | string | undefined;

/** Makes an element. Whatever is text becomes text: nothing that a run says is ever read as markup. */
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

/** A button that does something; `label` is for those who do not see it. */
export function button(text: string, action: () => void, attributes: Attributes = {}): HTMLButtonElement {
  const element = el("button", { type: "button", ...attributes }, text);
  element.addEventListener("click", action);
  return element;
}

/** A table: a row of headings and rows of cells; columns named in `numeric` are set to the right. */
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

/** Hands a file to whoever reads the page. */
export function download(name: string, parts: readonly BlobPart[], type: string): void {
  const url = URL.createObjectURL(new Blob([...parts], { type }));
  const link = el("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  // The browser has begun by then; a blob that is kept would be kept for as long as the page is open.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
