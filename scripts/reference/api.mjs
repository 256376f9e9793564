import { join } from "node:path";
import ts from "typescript";
import { ROOT } from "../build.mjs";

/**
 * What the package gives out, by the name it is imported as. What these name and do not export is shown as well, but of the
 * simulator, which gives out parts of the node's inside, only by its name.
 */
const ENTRIES = [
  { name: "macula-mesh", path: "dist/index.d.ts", isDeep: true },
  { name: "macula-mesh/http", path: "dist/http/index.d.ts", isDeep: true },
  { name: "macula-mesh/sim", path: "dist/sim/index.d.ts", isDeep: false },
];

const OUTPUT = join(ROOT, "dist/");

const DECLARING = new Set([
  ts.SyntaxKind.ClassDeclaration,
  ts.SyntaxKind.FunctionDeclaration,
  ts.SyntaxKind.InterfaceDeclaration,
  ts.SyntaxKind.TypeAliasDeclaration,
  ts.SyntaxKind.VariableDeclaration,
]);

/** The declarations of a symbol that stand by themselves in this package's own files. */
function declarationsOf(symbol) {
  return (symbol.declarations ?? []).filter(
    (node) => DECLARING.has(node.kind) && node.getSourceFile().fileName.startsWith(OUTPUT),
  );
}

/** The statement that declares a node: of a constant, the whole `const`. */
const statementOf = (node) => (ts.isVariableDeclaration(node) ? node.parent.parent : node);

/** What is not exported, and is named by what is: part of the public face all the same. */
function alsoNamed(checker, symbols) {
  const found = new Set(symbols);
  const visit = (node) => {
    if (ts.isIdentifier(node)) {
      const seen = checker.getSymbolAtLocation(node);
      const symbol = seen && resolved(checker, seen);
      if (symbol !== undefined && !found.has(symbol) && declarationsOf(symbol).length > 0) {
        found.add(symbol);
      }
    }
    ts.forEachChild(node, visit);
  };
  // A set that grows while it is walked is walked to its end.
  for (const symbol of found) {
    for (const node of declarationsOf(symbol)) visit(statementOf(node));
  }
  return [...found].slice(symbols.length);
}

function resolved(checker, symbol) {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

function documentation(checker, symbol) {
  const text = ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim();
  const throws = symbol
    .getJsDocTags(checker)
    .filter((tag) => tag.name === "throws")
    .map((tag) => `Throws ${ts.displayPartsToString(tag.text)}`);
  return [text, ...throws].filter((part) => part !== "").join("\n\n");
}

/** A declaration as it is emitted, without the comment above it and the words that only say that it is emitted. */
function sourceOf(node) {
  return statementOf(node)
    .getText()
    .replace(/^export /, "")
    .replace(/^declare /, "")
    .replaceAll(/^(?: {4})+/gm, (indent) => indent.slice(indent.length / 2));
}

function section(checker, symbol) {
  const declarations = declarationsOf(symbol);
  const parts = [
    `### ${symbol.name}`,
    documentation(checker, symbol),
    `\`\`\`ts\n${declarations.map(sourceOf).join("\n")}\n\`\`\``,
  ];
  return parts.filter((part) => part !== "");
}

const byName = (a, b) => (a.name < b.name ? -1 : 1);

function alsoNamedPart(checker, symbols, isDeep) {
  if (symbols.length === 0) return [];
  const said = "Named by these, and not exported";
  if (isDeep) return [`${said}:`, ...symbols.flatMap((it) => section(checker, it))];
  return [`${said}: ${symbols.map(({ name }) => `\`${name}\``).join(", ")}.`];
}

function programOf(files) {
  return ts.createProgram(files, {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    allowImportingTsExtensions: true,
    noEmit: true,
  });
}

/** All that programs can import: names, docstrings and declarations. Needs a build. */
export function apiPage() {
  const program = programOf(ENTRIES.map(({ path }) => join(ROOT, path)));
  const checker = program.getTypeChecker();
  const told = new Set();
  const parts = ENTRIES.flatMap(({ name, path, isDeep }) => {
    const module = checker.getSymbolAtLocation(program.getSourceFile(join(ROOT, path)));
    const exported = checker.getExportsOfModule(module).map((it) => resolved(checker, it));
    const tell = (symbols) => {
      const fresh = symbols.filter((symbol) => !told.has(symbol)).sort(byName);
      for (const symbol of fresh) told.add(symbol);
      return fresh;
    };
    const own = tell(exported).flatMap((symbol) => section(checker, symbol));
    const named = tell(alsoNamed(checker, exported));
    return [`## ${name}`, ...own, ...alsoNamedPart(checker, named, isDeep)];
  });
  return [
    "# API",
    "Everything that programs can import, with the comments of the sources.",
    ...parts,
  ];
}

/** The members of an exported interface: name, type and what is said of it. */
export function membersOf(entry, name) {
  const { path } = ENTRIES.find((it) => it.name === entry);
  const program = programOf([join(ROOT, path)]);
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(program.getSourceFile(join(ROOT, path)));
  const symbol = checker.getExportsOfModule(module).find((it) => it.name === name);
  const [declaration] = declarationsOf(resolved(checker, symbol));
  return declaration.members.map((member) => ({
    name: member.name.getText(),
    isOptional: member.questionToken !== undefined,
    type: member.type.getText(),
    says: documentation(checker, checker.getSymbolAtLocation(member.name)).replaceAll("\n", " "),
  }));
}
