import { MeshError, type SchemaIssue } from "../base/errors.ts";
import { checkProcedure } from "./call-options.ts";
import { type CallContext, type Handler, RefusedArguments } from "./handler.ts";
import type {
  AnySchema,
  InputOf,
  OutputOf,
  SchemaFault,
  SchemaResult,
  StandardSchema,
} from "./standard-schema.ts";

/** Issues of one refusal that are told, and characters of the path of one. */
const ISSUES_MAX = 8;
const PATH_MAX = 60;

/** Any value: the schema of what nobody has declared. */
type Undeclared = StandardSchema<unknown, unknown>;

/** A procedure with the shapes of its arguments and its result: declared once, for callers and providers. */
export interface Procedure<
  Input extends AnySchema = Undeclared,
  Output extends AnySchema = Undeclared,
> {
  readonly name: string;
  /** What callers send; the handler gets what comes out of it. */
  readonly input: Input | undefined;
  /** What the handler returns; callers get what comes out of it. */
  readonly output: Output | undefined;
}

/** Answers calls of a declared procedure. */
export type ProcedureHandler<Input extends AnySchema, Output extends AnySchema> = (
  args: OutputOf<Input>,
  call: CallContext,
) => InputOf<Output> | Promise<InputOf<Output>>;

/**
 * Declares a procedure. Its schemas may come from any library that implements Standard Schema, as long as they answer at
 * once; what is left out may be any value.
 *
 * @throws {MeshError} `bad_config` on a bad name, or where a schema is none.
 */
export function procedure<
  Input extends AnySchema = Undeclared,
  Output extends AnySchema = Undeclared,
>(
  name: string,
  { input, output }: { readonly input?: Input; readonly output?: Output } = {},
): Procedure<Input, Output> {
  checkProcedure(name);
  for (const [which, schema] of Object.entries({ input, output })) {
    if (schema !== undefined && !isSchema(schema)) {
      throw new MeshError(
        "bad_config",
        `the ${which} of "${name}" is no schema; give one of a library that implements Standard Schema, such as zod or valibot`,
      );
    }
  }
  return { name, input, output };
}

/** Libraries make schemas that are objects, and some that are functions. */
function isSchema(schema: unknown): schema is AnySchema {
  const standard = (schema as Partial<AnySchema> | null)?.["~standard"];
  return standard?.version === 1 && typeof standard.validate === "function";
}

/** A procedure as it may be named in a call: declared, or by its name alone. */
export type Callable = string | Procedure<AnySchema, AnySchema>;

export function nameOf(callable: Callable): string {
  return isDeclared(callable) ? callable.name : callable;
}

/**
 * Checks arguments before they are sent. They travel as they are: what the schema makes of them is for the handler, where
 * it is applied once.
 *
 * @throws {MeshError} `bad_arguments` with the issues.
 */
export function checkArguments(callable: Callable, args: unknown): void {
  if (!isDeclared(callable) || callable.input === undefined) return;
  const checked = applied(callable.input, args, callable.name);
  if (checked.issues === undefined) return;
  const { text, issues } = told(checked.issues);
  throw new MeshError("bad_arguments", badArguments(callable.name, text), { issues });
}

/**
 * What the schema makes of a result that came.
 *
 * @throws {MeshError} `bad_result` with the issues.
 */
export function readResult(callable: Callable, result: unknown): unknown {
  if (!isDeclared(callable) || callable.output === undefined) return result;
  const checked = applied(callable.output, result, callable.name);
  if (checked.issues === undefined) return checked.value;
  const { text, issues } = told(checked.issues);
  const message = `the provider's result of "${callable.name}" is not what was declared: wrong at ${text}`;
  throw new MeshError("bad_result", message, { issues });
}

/** The handler of a procedure, which is not called with arguments that do not fit. */
export function checkedHandler(callable: Callable, handler: Handler): Handler {
  if (!isDeclared(callable) || callable.input === undefined) return handler;
  const { name, input } = callable;
  if (typeof handler !== "function") return handler; // The server says so.
  return (args, call) => {
    const checked = applied(input, args, name);
    if (checked.issues === undefined) return handler(checked.value, call);
    throw new RefusedArguments(badArguments(name, told(checked.issues).text));
  };
}

function isDeclared(callable: Callable): callable is Procedure<AnySchema, AnySchema> {
  return typeof callable === "object" && callable !== null;
}

function applied(schema: AnySchema, value: unknown, name: string): SchemaResult<unknown> {
  const result = schema["~standard"].validate(value);
  if (!("then" in result)) return result;
  result.then(undefined, () => {}); // Nobody waits for it.
  throw new MeshError(
    "bad_config",
    `a schema of "${name}" does not answer at once; leave out what it does asynchronously, or check that in the handler`,
  );
}

function badArguments(name: string, where: string): string {
  return `the arguments of "${name}" are not what was declared: wrong at ${where}`;
}

/** Issues as errors tell them. The text names places alone: messages of libraries may hold values. */
function told(faults: readonly SchemaFault[]): {
  readonly text: string;
  readonly issues: readonly SchemaIssue[];
} {
  const issues = faults
    .slice(0, ISSUES_MAX)
    .map(({ path, message }) => ({ path: pathText(path), message }));
  const more = faults.length > ISSUES_MAX ? `, and ${faults.length - ISSUES_MAX} more` : "";
  return { text: issues.map(({ path }) => path).join(", ") + more, issues };
}

/** `sensors[2].unit`; `(root)` for the whole value. */
function pathText(path: SchemaFault["path"] = []): string {
  let text = "";
  for (const step of path) {
    const key = typeof step === "object" ? step.key : step;
    text += typeof key === "number" ? `[${key}]` : `${text === "" ? "" : "."}${String(key)}`;
  }
  return text === "" ? "(root)" : text.slice(0, PATH_MAX);
}
