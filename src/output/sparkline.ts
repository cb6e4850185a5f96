const BLOCKS = "▁▂▃▄▅▆▇█";
const PLAIN = "_.-=+*#@";

/** A row of marks, each as high as its value is of the highest; a space where there is none. */
export function sparkline(values: Float64Array, unicode: boolean): string {
  const marks = unicode ? BLOCKS : PLAIN;
  let highest = 0;
  for (const value of values) if (value > highest) highest = value;
  let line = "";
  for (const value of values) {
    if (Number.isNaN(value)) line += " ";
    else line += marks[highest === 0 ? 0 : Math.min(marks.length - 1, Math.floor((value / highest) * marks.length))];
  }
  return line;
}
