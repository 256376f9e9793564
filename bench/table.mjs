/** Figures of scenarios as lines of text: a row each, a column for every number at any depth. */
export function table(scenarios) {
  const rows = Object.entries(scenarios).map(([name, figures]) => ({ name, ...flat(figures) }));
  return drawn(rows);
}

/** Gates as lines of text. */
export function judgedTable(gates) {
  const rows = Object.entries(gates).map(([name, { value, gate, aim, met }]) => {
    return { gate: name, value, required: gate, aim, met: met ? "yes" : "NO" };
  });
  return drawn(rows);
}

function flat(figures, prefix = "") {
  if (typeof figures !== "object" || figures === null) return { [prefix.slice(0, -1)]: figures };
  return Object.assign(
    {},
    ...Object.entries(figures).map(([name, value]) => {
      const nested = typeof value === "object" && value !== null;
      return nested ? flat(value, `${prefix}${name}.`) : { [prefix + name]: value };
    }),
  );
}

function drawn(rows) {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = [columns, ...rows.map((row) => columns.map((column) => shown(row[column])))];
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => line[at].length)));
  return lines
    .map((line) => line.map((text, at) => padded(text, widths[at], at)).join("  "))
    .join("\n");
}

function padded(text, width, at) {
  return at === 0 ? text.padEnd(width) : text.padStart(width);
}

function shown(value) {
  if (value === null || value === undefined) return "–";
  return typeof value === "number" ? value.toLocaleString("en-US") : String(value);
}
